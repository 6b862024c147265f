#include "kernels/activation/activation.h"

#include <cmath>
#include <functional>

#include "kernels/activation/vector_math.h"
#include "tests/support/instruction_test.h"

using namespace gan;
using namespace gan::test;

namespace {

constexpr ActivationKind kKinds[] = {ActivationKind::Relu, ActivationKind::LeakyRelu, ActivationKind::Tanh,
                                     ActivationKind::Sigmoid};
constexpr double kEpsilon =
    std::numeric_limits<float>::epsilon();    // one unit in the last place is at most this, relatively
constexpr double kSmallestNumber = 0x1p-149;  // where results are subnormal

/// (Leaky) ReLU: one product, rounded once. tanh: two units in the last place (CUDA's documentation promises as much).
/// Sigmoid: two for the exponential, half for the sum (twice that where the sum divides) and half for the division.
Tolerance forward_tolerance(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::Relu: return {};
    case ActivationKind::LeakyRelu: return {.absolute = kSmallestNumber, .relative = kEpsilon};
    case ActivationKind::Tanh: return {.absolute = kSmallestNumber, .relative = 2 * kEpsilon};
    case ActivationKind::Sigmoid: return {.absolute = 4 * kSmallestNumber, .relative = 4 * kEpsilon};
  }
  return {};
}

/// At most four operations, each rounded by half a unit in the last place.
Tolerance backward_tolerance(ActivationKind kind) {
  if (kind == ActivationKind::Relu) return {};
  return {.absolute = kSmallestNumber, .relative = 2 * kEpsilon};
}

ActivationForward forward(Operands& operands, ActivationKind kind, const Tensor& x) {
  return {.kind = kind, .slope = 0.2f, .x = x, .y = operands.result(x.shape)};
}

ActivationBackward backward(Operands& operands, ActivationKind kind, const Tensor& y, const Tensor& dy) {
  return {.kind = kind, .slope = 0.2f, .y = y, .dy = dy, .dx = operands.result(y.shape)};
}

/// Signed zeros and subnormals, both sides of where formulas change, saturation, overflow of the exponential.
std::vector<float> telling_values() {
  std::vector<float> values;
  for (const float magnitude :
       {0.0f, 0x1p-149f, 1e-40f, 1e-30f, 1e-8f, 3e-4f, 0.1f,  0.5f,  0.6249f, 0.625f, 0.6251f, 1.0f, 3.0f, 5.0f,
        8.3f, 9.0f,      9.02f,  10.0f,  20.0f, 45.0f, 87.0f, 88.8f, 100.0f,  103.9f, 104.1f,  1e4f, 3e38f})
    for (const float value : {magnitude, -magnitude}) values.push_back(value);
  return values;
}

}  // namespace

TEST_CASE("activations: CUDA and the CPU's fast route follow the definition", "[activation]") {
  const ActivationKind kind = GENERATE(from_range(std::begin(kKinds), std::end(kKinds)));
  const Shape shape = GENERATE(Shape{},             // a scalar: less than a group of four
                               Shape{0},            // nothing at all
                               Shape{3},            // only the cut-off group
                               Shape{4},            // only a whole group
                               Shape{1, 5, 7, 29},  // 1015: a cut-off group in the block that is cut off itself
                               Shape{2, 3, 171},    // 1026: two past a block of 256 threads by four floats
                               Shape{40007});       // several threads of the CPU, a tail
  INFO(name_of(kind) << " " << to_string(shape));
  Operands operands;
  const Tensor x = operands.uniform(shape, 1, -6, 6);
  expect_cuda_matches_definition(forward(operands, kind, x), forward_tolerance(kind));
  expect_cpu_matches_definition(forward(operands, kind, x), forward_tolerance(kind));

  const float low = kind == ActivationKind::Sigmoid ? 0.0f : -1.0f;
  const Tensor y = operands.uniform(shape, 2, low, 1), dy = operands.uniform(shape, 3);
  expect_cuda_matches_definition(backward(operands, kind, y, dy), backward_tolerance(kind));
  expect_cpu_matches_definition(backward(operands, kind, y, dy), backward_tolerance(kind));
}

TEST_CASE("activations: exact on whole numbers, the left derivative at 0", "[activation]") {
  const ActivationKind kind = GENERATE(ActivationKind::Relu, ActivationKind::LeakyRelu);
  Operands operands;
  const Tensor y = operands.integers({777}, 4, 2), dy = operands.integers({777}, 5);  // a fifth of y is 0
  ActivationForward there = forward(operands, kind, y);
  ActivationBackward back = backward(operands, kind, y, dy);
  there.slope = back.slope = 0.25f;  // products with it are exact
  expect_cuda_matches_definition(there, {});
  expect_cpu_matches_definition(there, {});
  expect_cuda_matches_definition(back, {});
  expect_cpu_matches_definition(back, {});

  CpuDevice cpu({.threads = 1});
  run(back, cpu);
  for (std::int64_t i = 0; i < y.count(); ++i) {
    const float at_left = kind == ActivationKind::Relu ? 0.0f : 0.25f;
    REQUIRE(back.dx.as<float>()[i] == dy.as<float>()[i] * (y.as<float>()[i] > 0 ? 1.0f : at_left));
  }
}

TEST_CASE("activations: accurate for every size of argument", "[activation]") {
  const ActivationKind kind = GENERATE(from_range(std::begin(kKinds), std::end(kKinds)));
  INFO(name_of(kind));
  Operands operands;
  const std::vector<float> values = telling_values();
  const Tensor x = operands.values({static_cast<std::int64_t>(values.size())}, values);
  expect_cuda_matches_definition(forward(operands, kind, x), forward_tolerance(kind));
  expect_cpu_matches_definition(forward(operands, kind, x), forward_tolerance(kind));
}

TEST_CASE("activations: the vector functions are good to the units in the last place that they promise",
          "[activation]") {
  // 2^32 / 15013 floats of all exponents; the step is a prime.
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 15013) {
    const float x = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    if (std::isnan(x)) continue;
    const double e = std::exp(-std::abs(static_cast<double>(x)));
    const double tanh = std::tanh(static_cast<double>(x)), sigmoid = (x < 0 ? e : 1) / (1 + e);
    INFO("x = " << x);
    if (!(std::abs(branchless_tanh(x) - tanh) <= 1.5 * kEpsilon * std::abs(tanh) + kSmallestNumber)) FAIL("tanh");
    if (!(std::abs(branchless_sigmoid(x) - sigmoid) <= 2.5 * kEpsilon * sigmoid + kSmallestNumber)) FAIL("sigmoid");
    if (x < -104 || x > 88) continue;
    const double exp = std::exp(static_cast<double>(x));
    if (!(std::abs(branchless_exp(x) - exp) <= kEpsilon * exp + kSmallestNumber)) FAIL("exp");
  }
  CHECK(std::isnan(branchless_tanh(NAN)));
  CHECK(std::isnan(branchless_sigmoid(NAN)));
  CHECK(branchless_tanh(INFINITY) == 1);
  CHECK(branchless_tanh(-INFINITY) == -1);
  CHECK(branchless_sigmoid(INFINITY) == 1);
  CHECK(branchless_sigmoid(-INFINITY) == 0);
}

TEST_CASE("activations: NaN stays NaN", "[activation]") {
  const ActivationKind kind = GENERATE(from_range(std::begin(kKinds), std::end(kKinds)));
  INFO(name_of(kind));
  Operands operands;
  const Tensor x =
      operands.values({6}, {0.5f, NAN, 0.25f, 0.5f, 0.25f, NAN});  // in a whole group, and in the cut-off one
  const ActivationForward there = forward(operands, kind, x);
  const ActivationBackward back = backward(operands, kind, operands.constant({6}, 0.5f), x);
  const auto expect_nan_as_in_x = [&](const Tensor& result) {
    for (int i = 0; i < 6; ++i) CHECK(std::isnan(result.as<float>()[i]) == (i == 1 || i == 5));
  };
  std::list<std::vector<std::byte>> memory;
  expect_nan_as_in_x(run_on_cuda(there, memory).y);
  expect_nan_as_in_x(run_on_cuda(back, memory).dx);
  for (const bool definition_only : {false, true}) {
    CpuDevice cpu({.threads = 1, .definition_only = definition_only});
    run(there, cpu);
    expect_nan_as_in_x(there.y);
    run(back, cpu);
    expect_nan_as_in_x(back.dx);
  }
}

TEST_CASE("activations: results may take the place of an input", "[activation]") {
  const ActivationKind kind = GENERATE(from_range(std::begin(kKinds), std::end(kKinds)));
  INFO(name_of(kind));
  Operands operands;
  const Tensor x = operands.uniform({1031}, 1, 0, 1), dy = operands.uniform({1031}, 2);
  CpuDevice cpu({.threads = 1});
  const ActivationForward apart = forward(operands, kind, x);
  const ActivationBackward back_apart = backward(operands, kind, x, dy);
  run(apart, cpu);
  run(back_apart, cpu);

  ActivationForward in_place = apart;
  in_place.y = x;
  ActivationBackward back_in_place = back_apart;
  back_in_place.dx = dy;
  std::list<std::vector<std::byte>> memory;
  for_each_thread_order([&] {
    expect_close("y in place of x", run_on_cuda(in_place, memory).y, apart.y, forward_tolerance(kind));
    expect_close("dx in place of dy", run_on_cuda(back_in_place, memory).dx, back_apart.dx, backward_tolerance(kind));
  });
  run(back_in_place, cpu);  // before x changes
  expect_close("dx in place of dy", dy, back_apart.dx, {});
  run(in_place, cpu);
  expect_close("y in place of x", x, apart.y, {});
}

TEST_CASE("activations: operands off the 16-byte grid are read one by one", "[activation]") {
  constexpr std::int64_t kCount = 259;
  Operands operands;
  const Tensor x = operands.integers({kCount}, 7);
  auto* memory = static_cast<float*>(cuda_device().allocate(2 * (kCount + 8) * sizeof(float)));
  ActivationForward shifted{.kind = ActivationKind::Relu, .x = x, .y = x};
  shifted.x.data = memory + 1;
  shifted.y.data = memory + kCount + 8;
  cuda_device().copy_to_device(shifted.x.data, x.data, x.bytes());
  run(shifted, cuda_device());
  cuda_device().synchronize();
  const Tensor got = operands.result({kCount});
  cuda_device().copy_to_host(got.data, shifted.y.data, got.bytes());
  cuda_device().release(memory);
  for (std::int64_t i = 0; i < kCount; ++i) REQUIRE(got.as<float>()[i] == std::max(x.as<float>()[i], 0.0f));
}

TEST_CASE("activations: more elements than the largest grid has threads for", "[activation]") {
  constexpr std::int64_t kCount = 16 * 132 * 256 * 4 + 1027;  // a second round for 256 threads, one more cut off
  Operands operands;
  const ActivationForward i = forward(operands, ActivationKind::Relu, operands.integers({kCount}, 8));
  std::list<std::vector<std::byte>> memory;
  const Tensor got = run_on_cuda(i, memory).y;
  CpuDevice cpu({.threads = 1});
  run(i, cpu);
  expect_close("y", got, i.y, {});
}

TEST_CASE("activations: the gradients are the functions' own", "[activation]") {
  const ActivationKind kind = GENERATE(from_range(std::begin(kKinds), std::end(kKinds)));
  INFO(name_of(kind));
  // Away from 0, where the (leaky) ReLU has no derivative.
  const std::vector<double> at = {-3.1, -1.7, -0.9, -0.3, -0.01, 0.02, 0.4, 0.8, 1.9, 2.8};
  const std::vector<double> weight = {1.0, -0.5, 0.7, 2.0, -1.1, 0.3, 0.9, -2.0, 1.3, 0.6};
  const Shape shape{static_cast<std::int64_t>(at.size())};
  CpuDevice cpu({.threads = 1});
  Operands operands;
  ActivationForward there{
      .kind = kind, .slope = 0.2f, .x = operands.raw(shape, DType::F64), .y = operands.raw(shape, DType::F64)};
  const auto loss = [&](const std::vector<double>& x) {
    std::copy(x.begin(), x.end(), there.x.as<double>());
    run(there, cpu);
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += weight[i] * there.y.as<double>()[i];
    return sum;
  };
  loss(at);
  const ActivationBackward back{.kind = kind,
                                .slope = 0.2f,
                                .y = there.y,
                                .dy = operands.raw(shape, DType::F64),
                                .dx = operands.raw(shape, DType::F64)};
  std::copy(weight.begin(), weight.end(), back.dy.as<double>());
  run(back, cpu);
  const std::vector<double> gradient(back.dx.as<double>(), back.dx.as<double>() + back.dx.count());
  expect_gradient(name_of(kind), loss, at, gradient);
}

TEST_CASE("activations: wrong operands are refused", "[activation]") {
  Operands operands;
  const Tensor x = operands.uniform({2, 3}, 1);
  const ActivationForward good = forward(operands, ActivationKind::LeakyRelu, x);
  validate(good);
  const auto refused = [&](const std::function<void(ActivationForward&)>& spoil) {
    ActivationForward bad = good;
    spoil(bad);
    CHECK_THROWS_AS(validate(bad), Error);
  };
  refused([](auto& i) { i.slope = 0; });
  refused([](auto& i) { i.slope = NAN; });
  refused([](auto& i) { i.x = {}; });
  refused([](auto& i) { i.y = {}; });
  refused([&](auto& i) { i.x = i.y = operands.bytes({2, 3}, 1); });
  refused([&](auto& i) { i.y = operands.result({3, 2}); });
  refused([&](auto& i) { i.y = operands.raw({2, 3}, DType::F64); });

  const ActivationBackward good_back = backward(operands, ActivationKind::Tanh, x, x);
  validate(good_back);
  const auto refused_back = [&](const std::function<void(ActivationBackward&)>& spoil) {
    ActivationBackward bad = good_back;
    spoil(bad);
    CHECK_THROWS_AS(validate(bad), Error);
  };
  refused_back([](auto& i) {
    i.kind = ActivationKind::LeakyRelu;
    i.slope = -1;
  });
  refused_back([](auto& i) { i.y = {}; });
  refused_back([&](auto& i) { i.dy = operands.result({6}); });
  refused_back([&](auto& i) { i.dx = operands.raw({2, 3}, DType::F64); });
}

TEST_CASE("activations: the cost is one pass over the operands", "[activation]") {
  Operands operands;
  const Tensor x = operands.uniform({10, 10}, 1);
  CHECK(cost(forward(operands, ActivationKind::Tanh, x)).bytes == 800);
  CHECK(cost(backward(operands, ActivationKind::Tanh, x, x)).bytes == 1200);
  CHECK(cost(forward(operands, ActivationKind::Relu, x)).flops == 100);
}

TEST_CASE("activations: the tangent follows the definition, in place too", "[activation]") {
  const ActivationKind kind = GENERATE(ActivationKind::Tanh, ActivationKind::Sigmoid);
  const Shape shape = GENERATE(Shape{}, Shape{0}, Shape{3}, Shape{1, 5, 7, 29}, Shape{2, 3, 171}, Shape{40007});
  INFO(name_of(kind) << " " << to_string(shape));
  Operands operands;
  ActivationTangent i{.kind = kind,
                      .y = operands.uniform(shape, 1, kind == ActivationKind::Sigmoid ? 0.0f : -1.0f, 1),
                      .dy = operands.uniform(shape, 2),
                      .v = operands.uniform(shape, 3),
                      .second_order = operands.result(shape)};
  // Six operations one after the other, each rounded by half a unit in the last place.
  const Tolerance rounding{.absolute = kSmallestNumber, .relative = 3 * kEpsilon};
  expect_cuda_matches_definition(i, rounding);
  expect_cpu_matches_definition(i, rounding);
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const ActivationTangent apart = clone_operands(i, memory);
  run(apart, cpu);
  i.second_order = i.v;
  run(i, cpu);
  expect_close("in place of v", i.v, apart.second_order, {});
}

TEST_CASE("activations: the tangent is the derivative of the backward", "[activation]") {
  const ActivationKind kind = GENERATE(ActivationKind::Tanh, ActivationKind::Sigmoid);
  INFO(name_of(kind));
  const std::vector<double> at = {-3.1, -1.7, -0.9, -0.3, -0.01, 0.02, 0.4, 0.8, 1.9, 2.8};
  const std::vector<double> weight = {1.0, -0.5, 0.7, 2.0, -1.1, 0.3, 0.9, -2.0, 1.3, 0.6};
  const Shape shape{static_cast<std::int64_t>(at.size())};
  CpuDevice cpu({.threads = 1});
  Operands operands;
  const auto wide = [&] { return operands.raw(shape, DType::F64); };
  const ActivationForward there{.kind = kind, .x = wide(), .y = wide()};
  const ActivationBackward back{.kind = kind, .y = there.y, .dy = wide(), .dx = wide()};
  const ActivationTangent tangent{.kind = kind, .y = there.y, .dy = back.dy, .v = wide(), .second_order = wide()};
  std::copy(weight.rbegin(), weight.rend(), back.dy.as<double>());
  std::copy(weight.begin(), weight.end(), tangent.v.as<double>());
  const auto penalty = [&](const std::vector<double>& x) {  // sum v dx
    std::copy(x.begin(), x.end(), there.x.as<double>());
    run(there, cpu);
    run(back, cpu);
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += weight[i] * back.dx.as<double>()[i];
    return sum;
  };
  penalty(at);
  run(tangent, cpu);
  const double* const made = tangent.second_order.as<double>();
  expect_gradient(name_of(kind), penalty, at, {made, made + at.size()});
}

TEST_CASE("activations: what the tangent refuses and costs", "[activation]") {
  Operands operands;
  const Shape shape{2, 5};
  const ActivationTangent good{.kind = ActivationKind::Sigmoid,
                               .y = operands.uniform(shape, 1, 0, 1),
                               .dy = operands.uniform(shape, 2),
                               .v = operands.uniform(shape, 3),
                               .second_order = operands.result(shape)};
  validate(good);
  CHECK(cost(good).flops == 70);
  CHECK(cost(good).bytes == 4 * 4 * 10);
  const auto refused = [&](auto&& change) {
    ActivationTangent bad = good;
    change(bad);
    REQUIRE_THROWS_AS(validate(bad), Error);
  };
  refused([](auto& i) { i.kind = ActivationKind::Relu; });
  refused([](auto& i) { i.kind = ActivationKind::LeakyRelu; });
  refused([](auto& i) { i.y = {}; });
  refused([&](auto& i) { i.dy = operands.result({5, 2}); });
  refused([&](auto& i) { i.v = operands.result({10}); });
  refused([](auto& i) { i.second_order = {}; });
  std::list<std::vector<std::byte>> memory;
  good.v.as<float>()[3] = NAN;
  const Tensor got = run_on_cuda(good, memory).second_order;
  for (int i = 0; i < 10; ++i) CHECK(std::isnan(got.as<float>()[i]) == (i == 3));
}
