// Adam and the exponential moving average.
#include "kernels/optimizer/adam.h"

#include <algorithm>

#include "kernels/optimizer/step_factors.h"
#include "tests/kernels/displaced_operands.h"

using namespace gan;
using namespace gan::test;

namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

/// Parameter counts that meet every path of the flat loop.
const std::vector<Shape> kShapes = {
    {1},           // less than a vector
    {4},           // one vector, no tail
    {7},           // a tail of three
    {3, 5, 5, 3},  // a filter: a tail of one
    {1025},        // one past a block of vectors
};

/// One past what the largest grid covers in one go: the loop runs a second time.
constexpr std::int64_t kBeyondOneGrid = 8 * 132 * 256 * 4 + 5;

Adam on_counts(Operands& operands, const Shape& shape, std::uint64_t iteration) {
  return {.iteration = operands.counter(iteration),
          .gradient = operands.uniform(shape, 1),
          .parameter = operands.uniform(shape, 2),
          .m = operands.uniform(shape, 3),
          .v = operands.uniform(shape, 4, 0.0625f, 1)};
}

/// torch.optim.Adam's single-tensor step (torch/optim/adam.py), transcribed line by line into double.
struct TorchAdam {
  double lr, beta1, beta2, eps, weight_decay;
  std::vector<double> param, exp_avg, exp_avg_sq;
  int step = 0;

  void update(const std::vector<double>& gradient) {
    ++step;
    const double bias_correction1 = 1 - std::pow(beta1, step);
    const double bias_correction2 = 1 - std::pow(beta2, step);
    const double step_size = lr / bias_correction1;
    const double bias_correction2_sqrt = std::sqrt(bias_correction2);
    for (std::size_t i = 0; i < param.size(); ++i) {
      const double grad = gradient[i] + weight_decay * param[i];
      exp_avg[i] = exp_avg[i] + (1 - beta1) * (grad - exp_avg[i]);
      exp_avg_sq[i] = beta2 * exp_avg_sq[i] + (1 - beta2) * grad * grad;
      const double denom = std::sqrt(exp_avg_sq[i]) / bias_correction2_sqrt + eps;
      param[i] -= step_size * (exp_avg[i] / denom);
    }
  }
};

double element(const Tensor& tensor, std::size_t i) {
  return tensor.dtype == DType::F64 ? tensor.as<double>()[i] : tensor.as<float>()[i];
}

}  // namespace

TEST_CASE("powers of the betas are exact to double", "[adam]") {
  CHECK(integer_power(0.5, 0) == 1);
  CHECK(integer_power(0.5, 10) == 0x1p-10);
  CHECK(integer_power(0.0, 1) == 0);
  CHECK(integer_power(0.0, 0) == 1);
  CHECK(integer_power(3.0, 13) == 1594323);
  CHECK(integer_power(0.999, std::uint64_t{1} << 40) == 0);
  for (const double base : {0.5, 0.9, 0.999, 0.99999})
    for (const std::uint64_t exponent : {1u, 2u, 3u, 100u, 4095u, 70001u}) {
      INFO(base << "^" << exponent);
      const double want = std::pow(base, static_cast<double>(exponent));
      // The relative error of base^(2^k) doubles with k: at most `exponent` half ulps in all, and a few for pow.
      CHECK(std::abs(integer_power(base, exponent) - want) <= want * static_cast<double>(exponent + 4) * 0x1p-53);
    }
}

TEST_CASE("several updates follow torch.optim.Adam", "[adam]") {
  const float weight_decay = GENERATE(0.0f, 0.0625f);
  const std::uint32_t updates_per_iteration = GENERATE(1u, 3u);
  const bool counted = GENERATE(false, true);  // updates before the iteration come from a counter of their own
  const DType dtype = GENERATE(DType::F64, DType::F32);
  const bool on_cuda = GENERATE(false, true);
  if (on_cuda && dtype == DType::F64) return;
  INFO(name_of(dtype) << (on_cuda ? " cuda" : " cpu") << ", weight decay " << weight_decay << ", "
                      << updates_per_iteration << " updates an iteration");
  constexpr std::size_t kCount = 37;
  constexpr int kUpdates = 9;
  const Shape shape{kCount};
  Operands operands;
  Adam op{.iteration = operands.counter(0),
          .gradient = operands.raw(shape, dtype),
          .parameter = operands.raw(shape, dtype),
          .m = operands.raw(shape, dtype),
          .v = operands.raw(shape, dtype),
          .learning_rate = 0.125,
          .beta1 = 0.5,
          .beta2 = 0.999,
          .epsilon = 1e-3,
          .weight_decay = weight_decay,
          .updates_per_iteration = updates_per_iteration};
  TorchAdam torch{.lr = op.learning_rate,
                  .beta1 = op.beta1,
                  .beta2 = op.beta2,
                  .eps = op.epsilon,
                  .weight_decay = weight_decay,
                  .param = std::vector<double>(kCount),
                  .exp_avg = std::vector<double>(kCount),
                  .exp_avg_sq = std::vector<double>(kCount)};
  const auto store = [](const Tensor& tensor, std::size_t i, double value) {
    if (tensor.dtype == DType::F64) tensor.as<double>()[i] = value;
    else tensor.as<float>()[i] = static_cast<float>(value);
  };
  std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (std::size_t i = 0; i < kCount; ++i) {
    torch.param[i] = uniform(random);
    store(op.parameter, i, torch.param[i]);
    store(op.m, i, 0);
    store(op.v, i, 0);
  }
  CpuDevice cpu({.threads = 1});
  std::list<std::vector<std::byte>> memory;
  std::vector<double> gradient(kCount);
  for (int update = 0; update < kUpdates; ++update) {
    for (std::size_t i = 0; i < kCount; ++i) {
      gradient[i] = uniform(random);
      store(op.gradient, i, gradient[i]);
    }
    const std::uint64_t iteration = static_cast<std::uint64_t>(update) / updates_per_iteration;
    op.iteration = operands.counter(counted ? 1000 : iteration);
    if (counted) op.updates = operands.counter(iteration * updates_per_iteration);
    op.update_index = static_cast<std::uint32_t>(update) % updates_per_iteration;
    validate(op);
    if (on_cuda) op = run_on_cuda(op, memory);
    else run(op, cpu);
    torch.update(gradient);
    // Errors of an update in fp32: about ten roundings of numbers up to 1, magnified by step_size / denom (up to about
    // 1 / sqrt(v) of a small v: 8 covers these gradients); they add up over the updates.
    const double tolerance = (dtype == DType::F64 ? 1e-15 : 0.5 * kEpsilon) * 10 * 8 * (update + 1);
    for (std::size_t i = 0; i < kCount; ++i) {
      INFO("update " << update << " element " << i);
      REQUIRE(std::abs(element(op.parameter, i) - torch.param[i]) <= tolerance);
      REQUIRE(std::abs(element(op.m, i) - torch.exp_avg[i]) <= tolerance);
      REQUIRE(std::abs(element(op.v, i) - torch.exp_avg_sq[i]) <= tolerance);
    }
  }
}

TEST_CASE("adam agrees with its definition", "[adam]") {
  Operands operands;
  for (const Shape& shape : kShapes)
    for (const std::uint64_t iteration : {std::uint64_t{0}, std::uint64_t{1000}, std::uint64_t{1} << 40}) {
      INFO(to_string(shape) << " iteration " << iteration);
      Adam op = on_counts(operands, shape, iteration);
      op.learning_rate = 1;
      op.beta1 = 0.75f;
      op.weight_decay = 0.5f;
      op.updates_per_iteration = 2;
      op.update_index = 1;
      // |m|, |g| <= 1.5 with three roundings each; |update| <= step_size 2.3 x 1.5 / sqrt(1/16): twelve roundings
      // of 14.
      const Tolerance tolerance{.absolute = 0.5 * kEpsilon * 12 * 14};
      expect_cuda_matches_definition(op, tolerance);
      expect_cpu_matches_definition(op, tolerance);
      expect_displaced_cuda_matches_definition(op, tolerance);
    }
}

TEST_CASE("the first update is a signed step, to the last bits", "[adam]") {
  // From m = v = parameter = 0: parameter = -learning_rate g / (|g| + epsilon), a relative bound of 12 roundings.
  Operands operands;
  Adam op = on_counts(operands, {257}, 0);
  op.parameter = operands.constant({257}, 0);
  op.m = operands.constant({257}, 0);
  op.v = operands.constant({257}, 0);
  op.gradient.as<float>()[5] = 0;  // 0 / (0 + epsilon): no step, no NaN
  const Tolerance tolerance{.relative = 0.5 * kEpsilon * 12};
  expect_cuda_matches_definition(op, tolerance);
  expect_cpu_matches_definition(op, tolerance);
  std::list<std::vector<std::byte>> memory;
  const Adam done = run_on_cuda(op, memory);
  CHECK(done.parameter.as<float>()[5] == 0);
  const float g = op.gradient.as<float>()[9];
  CHECK(std::abs(done.parameter.as<float>()[9] - (g > 0 ? -2e-4 : 2e-4)) < 1e-8);
}

TEST_CASE("adam loops as often as the parameters ask", "[adam]") {
  Operands operands;
  Adam op = on_counts(operands, {kBeyondOneGrid}, 3);
  op.learning_rate = 0.5f;
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 3});
  const Adam want = clone_operands(op, memory);
  run(want, cpu);
  // Both in fp32: twice the bound of the case above, for step_size 0.5 / (1 - 0.5^4).
  expect_same_results(run_on_cuda(op, memory), want, {.absolute = kEpsilon * 12 * 4});
}

TEST_CASE("a NaN gradient stays in its parameter", "[adam]") {
  Operands operands;
  const Adam op = on_counts(operands, {11}, 3);
  op.gradient.as<float>()[6] = std::numeric_limits<float>::quiet_NaN();
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const Adam on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const Adam& done : {on_cpu, run_on_cuda(op, memory)})
    for (std::size_t i = 0; i < 11; ++i)
      for (const Tensor& tensor : {done.parameter, done.m, done.v}) REQUIRE(std::isnan(element(tensor, i)) == (i == 6));
}

TEST_CASE("the moving average follows its schedule", "[adam]") {
  Operands operands;
  for (const Shape& shape : kShapes)
    for (const std::uint64_t iteration :
         {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{20000}, std::uint64_t{1} << 40})
      for (const float decay : {0.0f, 0.999f, 1.0f}) {
        INFO(to_string(shape) << " iteration " << iteration << " decay " << decay);
        const ExponentialMovingAverage op{.iteration = operands.counter(iteration),
                                          .source = operands.uniform(shape, 1),
                                          .average = operands.uniform(shape, 2),
                                          .decay = decay};
        const Tolerance tolerance{.absolute = 0.5 * kEpsilon * 8};  // four roundings of numbers up to 2
        expect_cuda_matches_definition(op, tolerance);
        expect_cpu_matches_definition(op, tolerance);
        expect_displaced_cuda_matches_definition(op, tolerance);
        // The docstring's formula, by itself.
        const double t = static_cast<double>(iteration), d = std::min<double>(decay, (1 + t) / (10 + t));
        std::list<std::vector<std::byte>> memory;
        const ExponentialMovingAverage done = clone_operands(widen_operands(op, memory), memory);
        CpuDevice cpu({.threads = 1});
        run(done, cpu);
        const double s = op.source.as<float>()[0], a = op.average.as<float>()[0];
        REQUIRE(std::abs(done.average.as<double>()[0] - (d * a + (1 - d) * s)) < 1e-15);
      }
}

TEST_CASE("the moving average keeps small weights precise", "[adam]") {
  // From 0: average = weight source, two roundings and that of the weight itself.
  Operands operands;
  const ExponentialMovingAverage op{.iteration = operands.counter(1000000),
                                    .source = operands.uniform({9}, 1),
                                    .average = operands.constant({9}, 0),
                                    .decay = 0.9999f};
  expect_cuda_matches_definition(op, {.relative = 2 * kEpsilon});
  expect_cpu_matches_definition(op, {.relative = 2 * kEpsilon});
}

TEST_CASE("optimizers refuse operands and numbers that do not fit", "[adam]") {
  Operands operands;
  const Adam good = on_counts(operands, {6}, 0);
  validate(good);
  const auto refused = [&](auto&& change) {
    Adam bad = good;
    change(bad);
    REQUIRE_THROWS_AS(validate(bad), Error);
  };
  refused([&](Adam& op) { op.iteration = operands.result({}); });
  refused([](Adam& op) { op.gradient = Tensor{}; });
  refused([&](Adam& op) { op.parameter = operands.result({5}); });
  refused([&](Adam& op) { op.m = operands.result({2, 3}); });
  refused([&](Adam& op) { op.v = operands.raw({6}, DType::F64); });
  refused([](Adam& op) { op.beta1 = 1; });
  refused([](Adam& op) { op.beta2 = -0.1f; });
  refused([](Adam& op) { op.epsilon = -1; });
  refused([](Adam& op) { op.learning_rate = std::numeric_limits<float>::infinity(); });
  refused([](Adam& op) { op.weight_decay = std::numeric_limits<float>::quiet_NaN(); });
  refused([](Adam& op) { op.update_index = 1; });
  const ExponentialMovingAverage average{.iteration = operands.counter(0), .source = good.gradient, .average = good.m};
  validate(average);
  ExponentialMovingAverage bad = average;
  bad.average = operands.result({5});
  REQUIRE_THROWS_AS(validate(bad), Error);
  bad = average;
  bad.decay = 1.5f;
  REQUIRE_THROWS_AS(validate(bad), Error);
}
