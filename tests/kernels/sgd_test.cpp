// Gradient descent with momentum against PyTorch's algorithm, and its kernel against its definition.
#include "kernels/optimizer/sgd.h"

#include "tests/kernels/displaced_operands.h"

using namespace gan;
using namespace gan::test;

namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

/// Parameter counts that meet every path of the flat loop.
const std::vector<Shape> kShapes = {{1}, {4}, {7}, {3, 5, 5, 3}, {1025}};

/// One past what the largest grid covers in one go: the loop runs a second time.
constexpr std::int64_t kBeyondOneGrid = 8 * 132 * 256 * 4 + 5;

Sgd on_counts(Operands& operands, const Shape& shape, double momentum) {
  return {.iteration = operands.counter(3),
          .gradient = operands.uniform(shape, 1),
          .parameter = operands.uniform(shape, 2),
          .momentum_buffer = momentum > 0 ? operands.uniform(shape, 3) : Tensor{},
          .learning_rate = 0.5,
          .momentum = momentum};
}

}  // namespace

TEST_CASE("several updates follow torch.optim.SGD", "[sgd]") {
  // _single_tensor_sgd (torch/optim/sgd.py) without dampening, nesterov and maximize, step by step in double.
  const double weight_decay = GENERATE(0.0, 0.0625), momentum = GENERATE(0.0, 0.75);
  constexpr std::int64_t kCount = 37;
  Operands operands;
  const auto doubles = [&] { return operands.raw({kCount}, DType::F64); };
  const Sgd op{.iteration = operands.counter(0),
               .gradient = doubles(),
               .parameter = doubles(),
               .momentum_buffer = momentum > 0 ? doubles() : Tensor{},
               .learning_rate = 0.125,
               .momentum = momentum,
               .weight_decay = weight_decay};
  validate(op);
  std::mt19937 random(7);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<double> parameter(kCount), buffer(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    op.parameter.as<double>()[i] = parameter[i] = uniform(random);
    if (momentum > 0) op.momentum_buffer.as<double>()[i] = 0;
  }
  CpuDevice cpu({.threads = 1});
  for (int update = 0; update < 9; ++update) {
    for (std::size_t i = 0; i < kCount; ++i) {
      double step = op.gradient.as<double>()[i] = uniform(random);
      step = step + weight_decay * parameter[i];
      if (momentum > 0) {
        buffer[i] = update == 0 ? step : momentum * buffer[i] + step;  // PyTorch's buffer is a copy at first
        step = buffer[i];
      }
      parameter[i] = parameter[i] - 0.125 * step;
    }
    run(op, cpu);
    for (std::size_t i = 0; i < kCount; ++i) {
      INFO("update " << update << " element " << i);
      // Five roundings an update of numbers up to 4: the buffer's sum is at most 1 / (1 - momentum) = 4.
      REQUIRE(std::abs(op.parameter.as<double>()[i] - parameter[i]) <= 1e-15 * 5 * (update + 1));
      if (momentum > 0) REQUIRE(std::abs(op.momentum_buffer.as<double>()[i] - buffer[i]) <= 1e-15 * 5 * (update + 1));
    }
  }
}

TEST_CASE("sgd agrees with its definition", "[sgd]") {
  Operands operands;
  for (const Shape& shape : kShapes)
    for (const double momentum : {0.0, 0.75})
      for (const bool with_fault : {false, true}) {
        INFO(to_string(shape) << " momentum " << momentum);
        Sgd op = on_counts(operands, shape, momentum);
        if (with_fault) op.fault = operands.counter(0);
        op.weight_decay = 0.5;
        // |g| <= 1.5 with two roundings, the buffer <= 2.25 with two more, half of it and two more for the parameter.
        const Tolerance tolerance{.absolute = 0.5 * kEpsilon * 6 * 2.25};
        expect_cuda_matches_definition(op, tolerance);
        expect_displaced_cuda_matches_definition(op, tolerance);
        expect_cpu_matches_definition(op, tolerance);
      }
}

TEST_CASE("sgd is exact on whole numbers", "[sgd]") {
  Operands operands;
  const double momentum = GENERATE(0.0, 0.5);
  Sgd op = on_counts(operands, {261}, momentum);
  op.gradient = operands.integers({261}, 4);
  op.parameter = operands.integers({261}, 5);
  if (momentum > 0) op.momentum_buffer = operands.integers({261}, 6);
  op.weight_decay = 0.25;
  std::list<std::vector<std::byte>> memory;
  const Sgd done = run_on_cuda(op, memory);
  for (int i = 0; i < 261; ++i) {
    const float g = op.gradient.as<float>()[i] + 0.25f * op.parameter.as<float>()[i];
    const float step = momentum > 0 ? 0.5f * op.momentum_buffer.as<float>()[i] + g : g;
    if (momentum > 0) REQUIRE(done.momentum_buffer.as<float>()[i] == step);
    REQUIRE(done.parameter.as<float>()[i] == op.parameter.as<float>()[i] - 0.5f * step);
  }
}

TEST_CASE("sgd loops as often as the parameters ask", "[sgd]") {
  Operands operands;
  const Sgd op = on_counts(operands, {kBeyondOneGrid}, 0.75);
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 3});
  const Sgd want = clone_operands(op, memory);
  run(want, cpu);
  // Both in fp32, with numbers up to 2.
  expect_same_results(run_on_cuda(op, memory), want, {.absolute = kEpsilon * 6 * 2});
}

TEST_CASE("a NaN gradient stays in its parameter under sgd", "[sgd]") {
  Operands operands;
  const Sgd op = on_counts(operands, {11}, 0.75);
  op.gradient.as<float>()[6] = std::numeric_limits<float>::quiet_NaN();
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const Sgd on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const Sgd& done : {on_cpu, run_on_cuda(op, memory)})
    for (int i = 0; i < 11; ++i)
      for (const Tensor& tensor : {done.parameter, done.momentum_buffer})
        REQUIRE(std::isnan(tensor.as<float>()[i]) == (i == 6));
}

TEST_CASE("sgd changes nothing after a fault", "[sgd]") {
  Operands operands;
  Sgd op = on_counts(operands, {11}, 0.75);
  op.fault = operands.counter(3);
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const Sgd on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const Sgd& done : {on_cpu, run_on_cuda(op, memory)}) {
    expect_close("parameter", done.parameter, op.parameter, {});
    expect_close("momentum_buffer", done.momentum_buffer, op.momentum_buffer, {});
  }
}

TEST_CASE("what sgd refuses and costs", "[sgd]") {
  Operands operands;
  const Sgd good = on_counts(operands, {6}, 0.5), plain = on_counts(operands, {6}, 0);
  validate(good);
  validate(plain);
  CHECK(cost(good).flops == 6 * 6);
  CHECK(cost(good).bytes == 20 * 6 + 8);
  CHECK(cost(plain).flops == 4 * 6);
  CHECK(cost(plain).bytes == 12 * 6 + 8);
  const auto refused = [&](auto&& change) {
    Sgd bad = good;
    change(bad);
    REQUIRE_THROWS_AS(validate(bad), Error);
  };
  refused([](Sgd& op) { op.iteration = Tensor{}; });
  refused([](Sgd& op) { op.gradient = Tensor{}; });
  refused([&](Sgd& op) { op.fault = operands.result({1}); });
  refused([&](Sgd& op) { op.parameter = operands.result({5}); });
  refused([&](Sgd& op) { op.momentum_buffer = operands.raw({6}, DType::F64); });
  refused([&](Sgd& op) { op.momentum_buffer = operands.result({2, 3}); });
  refused([](Sgd& op) { op.momentum_buffer = Tensor{}; });
  refused([](Sgd& op) { op.momentum = 0; });  // and a buffer
  refused([](Sgd& op) { op.momentum = 1; });
  refused([](Sgd& op) { op.momentum = -0.1; });
  refused([](Sgd& op) { op.learning_rate = std::numeric_limits<double>::infinity(); });
  refused([](Sgd& op) { op.weight_decay = std::numeric_limits<double>::quiet_NaN(); });
}
