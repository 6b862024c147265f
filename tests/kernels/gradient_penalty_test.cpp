// Norms of the critic's gradient, the mean of their squared deviations, and its derivative.
#include "kernels/loss/gradient_penalty.h"

#include "tests/kernels/displaced_operands.h"

using namespace gan;
using namespace gan::test;

namespace {

constexpr double kRounding = 0.5 * std::numeric_limits<float>::epsilon();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

GradientPenalty on_gradient(Operands& operands, const Tensor& gradient) {
  const auto result = [&](const Shape& shape) { return operands.raw(shape, gradient.dtype); };
  return {.gradient = gradient,
          .norm = result({gradient.shape[0]}),
          .loss = result({1}),
          .mean_norm = result({1}),
          .dgradient = result(gradient.shape)};
}

/// Random gradients whose norms are about 2 in every other sample and 1/2 in the rest, so that both sides of a target of 1
/// are met; below 2 sqrt(3) in all.
Tensor gradients(Operands& operands, const Shape& shape, float short_norm = 0.25f) {
  const auto elements = shape.count() / shape[0];
  const float bound = 2 * std::sqrt(3 / static_cast<float>(elements));
  const Tensor g = operands.uniform(shape, 3, -bound, bound);
  for (std::int64_t i = 0; i < g.count(); ++i)
    if (i / elements % 2 == 1) g.as<float>()[i] *= short_norm;
  return g;
}

/// How far fp32 norms are off, relatively: squares, sums of positive terms along elements / 1024 additions and two trees,
/// halved by the root, and its own rounding.
double norm_rounding(std::int64_t elements) {
  return kRounding * ((static_cast<double>(elements) / 1024 + 12) / 2 + 1);
}

/// The bound of all results, for weights of at least 1 and norms below 2 sqrt(3). The loss has the largest error: with
/// deviations below `most`, a term's is 2 most (its norm's error), and its mean adds samples / 1024 + 14 roundings.
Tolerance rounding(const Shape& shape, float weight, float target) {
  const double most = 2 * std::sqrt(3.0) + target;
  const double mean = kRounding * (static_cast<double>(shape[0]) / 1024 + 20);
  return {.absolute = weight * most * most * (2 * norm_rounding(shape.count() / shape[0]) + mean)};
}

const std::vector<Shape> kShapes = {
    {1},             // a single number
    {5, 1},          // samples of one element: most lanes idle
    {3, 31},         // one short of a warp, no vectors
    {2, 3, 3, 4},    // vectors, nearly a warp
    {4, 5, 5, 3},    // odd images
    {3, 1025},       // one element beyond a full block
    {2, 32, 32, 5},  // vectors, and a second, uneven round
    {2051, 3},       // more samples than the block of the means has threads
};

}  // namespace

TEST_CASE("the gradient penalty agrees with its definition", "[gradient_penalty]") {
  Operands operands;
  for (const Shape& shape : kShapes)
    for (const float target : {0.0f, 1.0f})
      for (const bool one_sided : {false, true}) {
        INFO(to_string(shape) << " target " << target << (one_sided ? " one-sided" : ""));
        GradientPenalty op = on_gradient(operands, gradients(operands, shape));
        op.weight = 1.5f;
        op.target = target;
        op.one_sided = one_sided;
        const Tolerance tolerance = rounding(shape, op.weight, target);
        expect_cuda_matches_definition(op, tolerance);
        expect_cpu_matches_definition(op, tolerance);
        for (const char* only : {"", "gradient", "dgradient"})
          expect_displaced_cuda_matches_definition(op, tolerance, only);
      }
}

TEST_CASE("the penalty's derivative has its relative precision", "[gradient_penalty]") {
  // Norms are above 1.5, the target is 1: (norm - target) / norm is off by norm_rounding times target / (norm - target),
  // at most 2, and five roundings.
  Operands operands;
  const Shape shape{3, 300};
  const GradientPenalty op = on_gradient(operands, gradients(operands, shape, 1));
  std::list<std::vector<std::byte>> memory;
  const GradientPenalty want = clone_operands(widen_operands(op, memory), memory);
  CpuDevice cpu({.threads = 1});
  run(want, cpu);
  for (int n = 0; n < 3; ++n) REQUIRE(want.norm.as<double>()[n] > 1.5);
  expect_close("dgradient", run_on_cuda(op, memory).dgradient, want.dgradient,
               {.relative = 2 * norm_rounding(300) + 5 * kRounding});
}

TEST_CASE("penalties of whole numbers, by hand", "[gradient_penalty]") {
  Operands operands;
  const Tensor g = operands.values({4, 2}, {3, 4, 0, 0, -6, 8, 0, 1});  // norms 5, 0, 10, 1
  struct Case {
    float target;
    bool one_sided;
    float loss;
    std::vector<float> factors;  // of g in dgradient: 2 weight / N = 4 times deviation / norm
  };
  const std::vector<Case> cases = {
      {0, false, 2 * (25 + 0 + 100 + 1), {4, 0, 4, 4}},                    // R1: without any norm
      {5, false, 2 * (0 + 25 + 25 + 16), {0, 0, 2, -16}},                  // two-sided
      {5, true, 2 * (0 + 0 + 25 + 0), {0, 0, 2, 0}},                       // one-sided
      {2.5f, false, 2 * (6.25f + 6.25f + 56.25f + 2.25f), {2, 0, 3, -6}},  // 0 counts, and pushes nowhere
  };
  for (const Case& c : cases) {
    INFO("target " << c.target << (c.one_sided ? " one-sided" : ""));
    GradientPenalty op = on_gradient(operands, g);
    op.weight = 8;
    op.target = c.target;
    op.one_sided = c.one_sided;
    std::list<std::vector<std::byte>> memory;
    CpuDevice cpu({.threads = 1});
    const GradientPenalty on_cpu = clone_operands(op, memory);
    run(on_cpu, cpu);
    for (const GradientPenalty& done : {on_cpu, run_on_cuda(op, memory)}) {
      expect_close("norm", done.norm, operands.values({4}, {5, 0, 10, 1}), {});
      CHECK(*done.mean_norm.as<float>() == 4);
      CHECK(*done.loss.as<float>() == c.loss);
      for (std::size_t i = 0; i < 8; ++i) CHECK(done.dgradient.as<float>()[i] == c.factors[i / 2] * g.as<float>()[i]);
    }
  }
}

TEST_CASE("dgradient is the derivative of the penalty", "[gradient_penalty]") {
  Operands operands;
  const float target = GENERATE(0.0f, 1.0f);
  const bool one_sided = GENERATE(false, true);
  const auto on_values = [&](const std::vector<double>& values) {
    const Tensor g = operands.raw({3, 2, 2}, DType::F64);
    std::copy(values.begin(), values.end(), g.as<double>());
    GradientPenalty op = on_gradient(operands, g);
    op.target = target;
    op.one_sided = one_sided;
    CpuDevice cpu({.threads = 1});
    run(op, cpu);
    return op;
  };
  const std::vector<double> at{0.1, -0.2, 0.3, 0.1, 1, -0.5, 0.7, 0.9, -2, 3, 0, 1};  // norms 0.39, 1.6 and 3.7
  const double* const gradient = on_values(at).dgradient.as<double>();
  expect_gradient(
      "gradient penalty", [&](const std::vector<double>& values) { return *on_values(values).loss.as<double>(); }, at,
      {gradient, gradient + at.size()}, 1e-7);
}

TEST_CASE("the norm over channels is a view of pixels", "[gradient_penalty]") {
  // The widespread mistake, for comparison: mean over n, h, w of (||g[n, h, w, :]|| - 1)^2.
  Operands operands;
  const Shape images{2, 3, 4, 5}, pixels{24, 5};
  const GradientPenalty op = on_gradient(operands, gradients(operands, images).reshaped(pixels));
  std::list<std::vector<std::byte>> memory;
  const GradientPenalty done = run_on_cuda(op, memory);
  double loss = 0;
  for (int pixel = 0; pixel < 24; ++pixel) {
    double square = 0;
    for (int c = 0; c < 5; ++c) square += std::pow(op.gradient.as<float>()[pixel * 5 + c], 2.0);
    loss += 10 * std::pow(std::sqrt(square) - 1, 2) / 24;
  }
  CHECK(std::abs(*done.loss.as<float>() - loss) < rounding(pixels, 10, 1).absolute);
}

TEST_CASE("the penalty's derivative may overwrite the gradient", "[gradient_penalty]") {
  Operands operands;
  const GradientPenalty apart = on_gradient(operands, gradients(operands, {3, 1028}));
  GradientPenalty in_place = apart;
  in_place.dgradient = in_place.gradient;
  std::list<std::vector<std::byte>> memory;
  expect_close("cuda", run_on_cuda(in_place, memory).dgradient, run_on_cuda(apart, memory).dgradient, {});
  CpuDevice cpu({.threads = 2});
  run(apart, cpu);
  run(in_place, cpu);
  expect_close("cpu", in_place.dgradient, apart.dgradient, {});
}

TEST_CASE("a NaN in a gradient is seen in the penalty and stays in its sample", "[gradient_penalty]") {
  Operands operands;
  const bool one_sided = GENERATE(false, true);
  GradientPenalty op = on_gradient(operands, gradients(operands, {3, 10}));
  op.one_sided = one_sided;
  op.gradient.as<float>()[14] = kNan;
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const GradientPenalty on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const GradientPenalty& done : {on_cpu, run_on_cuda(op, memory)}) {
    CHECK(std::isnan(*done.loss.as<float>()));
    CHECK(std::isnan(*done.mean_norm.as<float>()));
    for (int n = 0; n < 3; ++n) REQUIRE(std::isnan(done.norm.as<float>()[n]) == (n == 1));
    for (int i = 0; i < 30; ++i) REQUIRE(std::isnan(done.dgradient.as<float>()[i]) == (i / 10 == 1));
  }
}

TEST_CASE("what the gradient penalty refuses and costs", "[gradient_penalty]") {
  Operands operands;
  const GradientPenalty good = on_gradient(operands, operands.result({3, 2, 2}));
  validate(good);
  CHECK(cost(good).flops == 3 * 12 + 9 * 3);
  CHECK(cost(good).bytes == 4 * (12 + 3 + 1 + 1 + 12));
  const auto refused = [&](auto&& change) {
    GradientPenalty bad = good;
    change(bad);
    REQUIRE_THROWS_AS(validate(bad), Error);
  };
  refused([](auto& op) { op.gradient = Tensor{}; });
  refused([&](auto& op) { op.gradient = op.dgradient = operands.result({}); });
  refused([&](auto& op) { op.gradient = op.dgradient = operands.result({3, 0}); });
  refused([&](auto& op) { op.norm = operands.result({2}); });
  refused([&](auto& op) { op.norm = operands.result({3, 2}); });
  refused([&](auto& op) { op.loss = operands.result({3}); });
  refused([&](auto& op) { op.mean_norm = Tensor{}; });
  refused([&](auto& op) { op.dgradient = operands.result({3, 4}); });
  refused([&](auto& op) { op.dgradient = operands.raw({3, 2, 2}, DType::F64); });
  refused([](auto& op) { op.weight = kNan; });
  refused([](auto& op) { op.target = -1; });
  refused([](auto& op) { op.target = kNan; });
}
