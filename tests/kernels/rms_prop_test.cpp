// RMSProp against PyTorch's algorithm, and its kernel against its definition.
#include "kernels/optimizer/rms_prop.h"

#include "tests/kernels/displaced_operands.h"

using namespace gan;
using namespace gan::test;

namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

/// Parameter counts that meet every path of the flat loop.
const std::vector<Shape> kShapes = {{1}, {4}, {7}, {3, 5, 5, 3}, {1025}};

/// One past what the largest grid covers in one go: the loop runs a second time.
constexpr std::int64_t kBeyondOneGrid = 8 * 132 * 256 * 4 + 5;

RmsProp on_counts(Operands& operands, const Shape& shape) {
  return {.iteration = operands.counter(3),
          .gradient = operands.uniform(shape, 1),
          .parameter = operands.uniform(shape, 2),
          .square_average = operands.uniform(shape, 3, 0.0625f, 1)};
}

}  // namespace

TEST_CASE("several updates follow torch.optim.RMSprop", "[rms_prop]") {
  // _single_tensor_rmsprop (torch/optim/rmsprop.py), transcribed line by line into double.
  const double weight_decay = GENERATE(0.0, 0.0625);
  constexpr std::int64_t kCount = 37;
  Operands operands;
  const auto doubles = [&] { return operands.raw({kCount}, DType::F64); };
  const RmsProp op{.iteration = operands.counter(0),
                   .gradient = doubles(),
                   .parameter = doubles(),
                   .square_average = doubles(),
                   .learning_rate = 0.125,
                   .alpha = 0.75,
                   .epsilon = 1e-3,
                   .weight_decay = weight_decay};
  validate(op);
  std::mt19937 random(7);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<double> parameter(kCount), square_average(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    op.parameter.as<double>()[i] = parameter[i] = uniform(random);
    op.square_average.as<double>()[i] = 0;
  }
  CpuDevice cpu({.threads = 1});
  for (int update = 0; update < 9; ++update) {
    for (std::size_t i = 0; i < kCount; ++i) {
      double grad = op.gradient.as<double>()[i] = uniform(random);
      grad = grad + weight_decay * parameter[i];
      square_average[i] = square_average[i] * 0.75;
      square_average[i] = square_average[i] + (1 - 0.75) * grad * grad;
      const double avg = std::sqrt(square_average[i]) + 1e-3;
      parameter[i] = parameter[i] + -0.125 * (grad / avg);
    }
    run(op, cpu);
    for (std::size_t i = 0; i < kCount; ++i) {
      INFO("update " << update << " element " << i);
      // About six roundings an update of numbers up to 2: a step is at most learning_rate / sqrt(1 - alpha) = 1/4.
      REQUIRE(std::abs(op.parameter.as<double>()[i] - parameter[i]) <= 1e-15 * 6 * (update + 1));
      REQUIRE(std::abs(op.square_average.as<double>()[i] - square_average[i]) <= 1e-15 * 6 * (update + 1));
    }
  }
}

TEST_CASE("rmsprop agrees with its definition", "[rms_prop]") {
  Operands operands;
  for (const Shape& shape : kShapes)
    for (const bool with_fault : {false, true}) {
      INFO(to_string(shape));
      RmsProp op = on_counts(operands, shape);
      if (with_fault) op.fault = operands.counter(0);
      op.learning_rate = 1;
      op.alpha = 0.75;
      op.epsilon = 0.125;
      op.weight_decay = 0.5;
      // |g| <= 1.5 with two roundings, the average below 1.4 with four, a step at most 1 / sqrt(1 - alpha) = 2 with
      // half of those and five of its own; the difference reaches 3.
      const Tolerance tolerance{.absolute = 0.5 * kEpsilon * 10 * 3};
      expect_cuda_matches_definition(op, tolerance);
      expect_displaced_cuda_matches_definition(op, tolerance);
      expect_cpu_matches_definition(op, tolerance);
    }
}

TEST_CASE("the first step of rmsprop has a known length", "[rms_prop]") {
  // From square_average = 0: learning_rate / sqrt(1 - alpha), whatever the gradient; none where that is 0.
  Operands operands;
  RmsProp op = on_counts(operands, {257});
  op.parameter = operands.constant({257}, 0);
  op.square_average = operands.constant({257}, 0);
  op.gradient.as<float>()[5] = 0;  // 0 / (0 + epsilon): no step, no NaN
  const Tolerance tolerance{.relative = 0.5 * kEpsilon * 10};
  expect_cuda_matches_definition(op, tolerance);
  expect_cpu_matches_definition(op, tolerance);
  std::list<std::vector<std::byte>> memory;
  const RmsProp done = run_on_cuda(op, memory);
  CHECK(done.parameter.as<float>()[5] == 0);
  CHECK(std::abs(done.parameter.as<float>()[9] - (op.gradient.as<float>()[9] > 0 ? -5e-4 : 5e-4)) < 1e-8);
}

TEST_CASE("rmsprop loops as often as the parameters ask", "[rms_prop]") {
  Operands operands;
  RmsProp op = on_counts(operands, {kBeyondOneGrid});
  op.learning_rate = 0.5;
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 3});
  const RmsProp want = clone_operands(op, memory);
  run(want, cpu);
  // Both in fp32. |parameter| <= 1, and 0.5 |g| / sqrt(0.99 / 16) <= 2.1 where |g| <= 1.
  expect_same_results(run_on_cuda(op, memory), want, {.absolute = kEpsilon * 10 * 3});
}

TEST_CASE("a NaN gradient stays in its parameter under rmsprop", "[rms_prop]") {
  Operands operands;
  const RmsProp op = on_counts(operands, {11});
  op.gradient.as<float>()[6] = std::numeric_limits<float>::quiet_NaN();
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const RmsProp on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const RmsProp& done : {on_cpu, run_on_cuda(op, memory)})
    for (int i = 0; i < 11; ++i)
      for (const Tensor& tensor : {done.parameter, done.square_average})
        REQUIRE(std::isnan(tensor.as<float>()[i]) == (i == 6));
}

TEST_CASE("rmsprop changes nothing after a fault", "[rms_prop]") {
  Operands operands;
  RmsProp op = on_counts(operands, {11});
  op.fault = operands.counter(3);
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const RmsProp on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const RmsProp& done : {on_cpu, run_on_cuda(op, memory)}) {
    expect_close("parameter", done.parameter, op.parameter, {});
    expect_close("square_average", done.square_average, op.square_average, {});
  }
}

TEST_CASE("what rmsprop refuses and costs", "[rms_prop]") {
  Operands operands;
  const RmsProp good = on_counts(operands, {6});
  validate(good);
  CHECK(cost(good).flops == 11 * 6);
  CHECK(cost(good).bytes == 20 * 6 + 8);
  const auto refused = [&](auto&& change) {
    RmsProp bad = good;
    change(bad);
    REQUIRE_THROWS_AS(validate(bad), Error);
  };
  refused([](RmsProp& op) { op.iteration = Tensor{}; });
  refused([](RmsProp& op) { op.gradient = Tensor{}; });
  refused([&](RmsProp& op) { op.fault = operands.result({1}); });
  refused([&](RmsProp& op) { op.parameter = operands.result({5}); });
  refused([&](RmsProp& op) { op.square_average = operands.raw({6}, DType::F64); });
  refused([&](RmsProp& op) { op.square_average = operands.result({2, 3}); });
  refused([](RmsProp& op) { op.alpha = 1; });
  refused([](RmsProp& op) { op.alpha = -0.1; });
  refused([](RmsProp& op) { op.epsilon = -1; });
  refused([](RmsProp& op) { op.learning_rate = std::numeric_limits<double>::infinity(); });
  refused([](RmsProp& op) { op.weight_decay = std::numeric_limits<double>::quiet_NaN(); });
}
