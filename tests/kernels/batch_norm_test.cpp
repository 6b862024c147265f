#include "kernels/norm/batch_norm.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/support/instruction_test.h"

using namespace gan;
using namespace gan::test;

namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

struct Case {
  Shape shape;
  const char* reason;
};

const std::vector<Case> kCases = {
    {{2, 1}, "the fewest rows that have an unbiased variance"},
    {{5, 3}, "fewer rows than a block reads at a time: most threads have nothing"},
    {{3, 5, 7, 2}, "H != W, two channels"},
    {{2051, 1}, "one channel, three rows past a slice: the slices are folded"},
    {{300, 3}, "3 channels: 85 rows at a time and an idle thread"},
    {{2, 3, 5, 4}, "a single column of four"},
    {{500, 33}, "one past a warp: two tiles of 17, the second cut off; five slices"},
    {{31, 64}, "16 columns of four, 16 rows at a time: one round and all but one row of the next"},
    {{65, 128}, "32 columns of four; one row past a slice"},
    {{33, 132}, "one column of four past a tile"},
    {{2200, 128}, "so many slices that folding them takes four at a time; blocks and threads of the CPU"},
};

std::int64_t channels_of(const Shape& shape) { return shape[shape.rank - 1]; }
std::int64_t rows_of(const Shape& shape) { return shape.count() / channels_of(shape); }

BatchNormForward forward_of(Operands& operands, const Tensor& x, bool running) {
  const Shape one{channels_of(x.shape)};
  BatchNormForward i{.x = x,
                     .gamma = operands.uniform(one, 2, 0.5f, 1.5f),
                     .beta = operands.uniform(one, 3),
                     .running_mean = {},
                     .running_variance = {},
                     .y = operands.result(x.shape),
                     .mean = operands.result(one),
                     .inverse_std = operands.result(one),
                     .workspace = operands.result({BatchNormForward::workspace_count(rows_of(x.shape), one[0])})};
  if (running) {
    i.running_mean = operands.uniform(one, 4);
    i.running_variance = operands.uniform(one, 5, 0.5f, 2);
  }
  return i;
}

/// How far rounding may move the forward's results. Along any path at most 32 roundings follow each other (a thread's
/// rows in fours, the tree, the slices, the map). Each moves the mean by half a unit of the largest |x|, and y by
/// `scale` times that; each moves the sum of squares by half a unit of itself. The mean's rounding enters deviations
/// from it, hence the variance, once as often as |x| exceeds the standard deviation.
Tolerance forward_tolerance(const BatchNormForward& instruction) {
  constexpr double kRoundings = 32;
  std::list<std::vector<std::byte>> memory;
  const BatchNormForward exact = clone_operands(widen_operands(instruction, memory), memory);
  CpuDevice cpu({.threads = 1, .definition_only = true});
  run(exact, cpu);
  double largest = 0, inverse_std = 1;
  for (std::int64_t i = 0; i < exact.x.count(); ++i) largest = std::max(largest, std::abs(exact.x.as<double>()[i]));
  for (std::int64_t c = 0; c < exact.mean.count(); ++c)
    inverse_std = std::max(inverse_std, exact.inverse_std.as<double>()[c]);
  constexpr double kLargestGamma = 1.5;
  return {.absolute = kRoundings * kEpsilon / 2 * largest * inverse_std * kLargestGamma,
          .relative = kRoundings * kEpsilon + 2 * kEpsilon * largest * inverse_std};
}

/// Whole numbers, mean 1, inverse_std 1/2, gamma 2: sums are exact.
BatchNormBackward backward_of(Operands& operands, const Shape& shape, ParamGrad mode) {
  const Shape one{channels_of(shape)};
  BatchNormBackward i{.x = operands.integers(shape, 1),
                      .dy = operands.integers(shape, 2),
                      .gamma = operands.constant(one, 2),
                      .mean = operands.constant(one, 1),
                      .inverse_std = operands.constant(one, 0.5f),
                      .dx = operands.result(shape),
                      .dgamma = {},
                      .dbeta = {},
                      .workspace = operands.result({BatchNormBackward::workspace_count(rows_of(shape), one[0])}),
                      .mode = mode};
  if (mode != ParamGrad::Skip) {
    i.dgamma = operands.integers(one, 3);
    i.dbeta = operands.integers(one, 4);
  }
  return i;
}

BatchNormInference inference_of(Operands& operands, const Tensor& x) {
  const Shape one{channels_of(x.shape)};
  return {.x = x,
          .gamma = operands.uniform(one, 2, 0.5f, 1.5f),
          .beta = operands.uniform(one, 3),
          .running_mean = operands.uniform(one, 4),
          .running_variance = operands.uniform(one, 5, 0.5f, 2),
          .y = operands.result(x.shape)};
}

Tensor wide(Operands& operands, const Shape& shape, unsigned seed, double low = -1, double high = 1) {
  const Tensor tensor = operands.raw(shape, DType::F64);
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> distribution(low, high);
  for (std::int64_t i = 0; i < tensor.count(); ++i) tensor.as<double>()[i] = distribution(random);
  return tensor;
}

std::vector<double> content(const Tensor& tensor) {
  return {tensor.as<double>(), tensor.as<double>() + tensor.count()};
}

}  // namespace

TEST_CASE("batch norm: the forward follows the definition", "[batch_norm]") {
  const Case& c = GENERATE(from_range(kCases.begin(), kCases.end()));
  const bool running = GENERATE(false, true);
  INFO(c.reason << (running ? ", running statistics" : ""));
  Operands operands;
  const BatchNormForward i = forward_of(operands, operands.uniform(c.shape, 1), running);
  expect_cuda_matches_definition(i, forward_tolerance(i));
  expect_cpu_matches_definition(i, forward_tolerance(i));
}

TEST_CASE("batch norm: the variance survives a large mean", "[batch_norm]") {
  const float mean = GENERATE(1e4f, -3e5f);
  const Shape shape = GENERATE(Shape{700, 5}, Shape{700, 32});  // one channel at a time, four at a time; several slices
  Operands operands;
  const Tensor x = operands.result(shape);
  std::mt19937 random(7);
  std::normal_distribution<float> noise(0, 1);
  for (std::int64_t i = 0; i < x.count(); ++i) x.as<float>()[i] = mean + noise(random);
  const BatchNormForward i = forward_of(operands, x, true);
  // E[x^2] - E[x]^2 would be wrong by some eps mean^2, 12 at least.
  expect_cuda_matches_definition(i, forward_tolerance(i));
  expect_cpu_matches_definition(i, forward_tolerance(i));
  CHECK(forward_tolerance(i).relative < 0.1);

  // The CPU merges in double: its mean is the nearest float, and its variance has rounded only the squares of a block
  // of at most 128 rows, four at a time.
  std::list<std::vector<std::byte>> memory;
  const BatchNormForward want = widen_operands(i, memory), got = clone_operands(i, memory);
  CpuDevice cpu({.threads = 1});
  run(want, cpu);
  run(got, cpu);
  expect_close("mean", got.mean, want.mean, {.relative = kEpsilon / 2});
  expect_close("inverse_std", got.inverse_std, want.inverse_std, {.relative = (128 / 4 + 4) * kEpsilon / 2});
}

TEST_CASE("batch norm: an outlier at the front does not spoil its channel", "[batch_norm]") {
  Operands operands;
  const Tensor x = operands.uniform({900, 6}, 1);
  x.as<float>()[2] = 1000;
  const BatchNormForward i = forward_of(operands, x, true);
  expect_cuda_matches_definition(i, forward_tolerance(i));
  expect_cpu_matches_definition(i, forward_tolerance(i));
}

TEST_CASE("batch norm: a constant channel has variance 0, one row gives beta", "[batch_norm]") {
  Operands operands;
  const BatchNormForward constant = forward_of(operands, operands.constant({300, 8}, 0.375f), true);
  const BatchNormForward one_row = forward_of(operands, operands.uniform({1, 9}, 1), false);
  const Tolerance rounding{.absolute = 4 * kEpsilon, .relative = 4 * kEpsilon};
  expect_cuda_matches_definition(constant, rounding);
  expect_cpu_matches_definition(constant, rounding);
  expect_cuda_matches_definition(one_row, rounding);
  expect_cpu_matches_definition(one_row, rounding);
  std::list<std::vector<std::byte>> memory;
  expect_close("y", run_on_cuda(one_row, memory).y, one_row.beta.reshaped({1, 9}), {});
}

TEST_CASE("batch norm: running statistics move as PyTorch's do", "[batch_norm]") {
  // Channel 0 holds 1, 2, 3, 6: mean 3, variance 14 / 4, unbiased 14 / 3. With momentum 1/4:
  // 1 + (3 - 1) / 4 = 1.5 and 2 + (14 / 3 - 2) / 4 = 8 / 3.
  Operands operands;
  BatchNormForward i = forward_of(operands, operands.values({4, 1}, {1, 2, 3, 6}), false);
  i.running_mean = operands.values({1}, {1});
  i.running_variance = operands.values({1}, {2});
  i.momentum = 0.25f;
  const auto check = [](const BatchNormForward& done) {
    CHECK(done.mean.as<float>()[0] == 3);
    CHECK(done.running_mean.as<float>()[0] == 1.5f);
    CHECK(std::abs(done.running_variance.as<float>()[0] - 8.0 / 3) <= 2 * kEpsilon * 8 / 3);
    CHECK(std::abs(done.inverse_std.as<float>()[0] - 1 / std::sqrt(3.5 + 1e-5)) <= 2 * kEpsilon);
  };
  std::list<std::vector<std::byte>> memory;
  check(run_on_cuda(i, memory));
  for (const bool definition_only : {false, true}) {
    const BatchNormForward fresh = clone_operands(i, memory);
    CpuDevice cpu({.threads = 1, .definition_only = definition_only});
    run(fresh, cpu);
    check(fresh);
  }
}

TEST_CASE("batch norm: the backward follows the definition in every mode", "[batch_norm]") {
  const Case& c = GENERATE(from_range(kCases.begin(), kCases.end()));
  const ParamGrad mode = GENERATE(ParamGrad::Skip, ParamGrad::Overwrite, ParamGrad::Accumulate);
  INFO(c.reason << ", mode " << static_cast<int>(mode));
  Operands operands;
  const BatchNormBackward i = backward_of(operands, c.shape, mode);
  // dgamma and dbeta are exact. |dy| <= 8, |xhat| <= 4.5, |mean(dy xhat)| <= 36: dx is a sum of terms up to 8, 8 and
  // 162, rounded six times at most by half a unit.
  const Tolerance rounding{.absolute = 6 * kEpsilon / 2 * (8 + 8 + 162)};
  expect_cuda_matches_definition(i, rounding);
  expect_cpu_matches_definition(i, rounding);
}

TEST_CASE("batch norm: the backward is exact where all its means are", "[batch_norm]") {
  const Shape shape = GENERATE(Shape{1, 3}, Shape{8, 5}, Shape{4, 8, 8, 4}, Shape{256, 36});  // 2^k rows
  Operands operands;
  const BatchNormBackward i = backward_of(operands, shape, ParamGrad::Accumulate);
  expect_cuda_matches_definition(i, {});
  expect_cpu_matches_definition(i, {});
}

TEST_CASE("batch norm: the backward of reals", "[batch_norm]") {
  const Shape shape = GENERATE(Shape{1000, 7}, Shape{600, 64});
  Operands operands;
  BatchNormBackward i = backward_of(operands, shape, ParamGrad::Overwrite);
  i.x = operands.uniform(shape, 11);
  i.dy = operands.uniform(shape, 12);
  i.gamma = operands.uniform(i.gamma.shape, 13);
  i.mean = operands.uniform(i.mean.shape, 14, -0.1f, 0.1f);
  i.inverse_std = operands.uniform(i.mean.shape, 15, 1.5f, 2);  // |xhat| <= 2.2
  expect_cuda_matches_definition(i, rounding_of_sum(rows_of(shape), std::sqrt(2.2)));
  expect_cpu_matches_definition(i, rounding_of_sum(rows_of(shape), std::sqrt(2.2)));
}

TEST_CASE("batch norm: the inference form follows the definition", "[batch_norm]") {
  const Case& c = GENERATE(from_range(kCases.begin(), kCases.end()));
  INFO(c.reason);
  Operands operands;
  const BatchNormInference i = inference_of(operands, operands.uniform(c.shape, 1));
  // |x - mean| <= 2, scale <= 1.5 / sqrt(0.5): a product below 4.3 rounded five times, a sum below 5.3 rounded once.
  const Tolerance rounding{.absolute = 6 * kEpsilon / 2 * 5.3};
  expect_cuda_matches_definition(i, rounding);
  expect_cpu_matches_definition(i, rounding);
}

TEST_CASE("batch norm: the inference form applies what the training form kept", "[batch_norm]") {
  // momentum 1 keeps the batch's own statistics; their unbiased variance is n / (n - 1) of what the forward divides by.
  constexpr std::int64_t kRows = 50, kChannels = 3;
  Operands operands;
  CpuDevice cpu({.threads = 1});
  BatchNormForward forward = forward_of(operands, operands.uniform({kRows, kChannels}, 1), true);
  forward.momentum = 1;
  forward.epsilon = 0;
  run(forward, cpu);
  BatchNormInference inference = inference_of(operands, forward.x);
  inference.gamma = forward.gamma;
  inference.beta = forward.beta;
  inference.running_mean = forward.running_mean;
  inference.running_variance = forward.running_variance;
  inference.epsilon = 0;
  run(inference, cpu);
  for (std::int64_t i = 0; i < forward.y.count(); ++i) {
    const double beta = forward.beta.as<float>()[i % kChannels];
    const double shrunk = (forward.y.as<float>()[i] - beta) * std::sqrt((kRows - 1.0) / kRows) + beta;
    CHECK(std::abs(inference.y.as<float>()[i] - shrunk) <= 16 * kEpsilon * (1 + std::abs(shrunk)));
  }
}

TEST_CASE("batch norm: central differences confirm all three gradients", "[batch_norm]") {
  constexpr std::int64_t kRows = 6, kChannels = 3;
  const Shape shape{2, 3, kChannels}, one{kChannels};
  Operands operands;
  CpuDevice cpu({.threads = 1});
  BatchNormForward forward{.x = wide(operands, shape, 1),
                           .gamma = wide(operands, one, 2),
                           .beta = wide(operands, one, 3),
                           .running_mean = {},
                           .running_variance = {},
                           .y = operands.raw(shape, DType::F64),
                           .mean = operands.raw(one, DType::F64),
                           .inverse_std = operands.raw(one, DType::F64),
                           .workspace = operands.result({BatchNormForward::workspace_count(kRows, kChannels)}),
                           .epsilon = 0.01f};
  BatchNormBackward backward{.x = forward.x,
                             .dy = wide(operands, shape, 4),
                             .gamma = forward.gamma,
                             .mean = forward.mean,
                             .inverse_std = forward.inverse_std,
                             .dx = operands.raw(shape, DType::F64),
                             .dgamma = operands.raw(one, DType::F64),
                             .dbeta = operands.raw(one, DType::F64),
                             .workspace = operands.result({BatchNormBackward::workspace_count(kRows, kChannels)})};
  validate(forward);
  validate(backward);
  run(forward, cpu);
  run(backward, cpu);
  const auto loss_of = [&](const Tensor& input) {
    return [&](const std::vector<double>& values) {
      std::copy(values.begin(), values.end(), input.as<double>());
      run(forward, cpu);
      double sum = 0;
      for (std::int64_t i = 0; i < shape.count(); ++i) sum += forward.y.as<double>()[i] * backward.dy.as<double>()[i];
      return sum;
    };
  };
  for (const auto& [name, input, gradient] :
       {std::tuple{"dx", forward.x, backward.dx}, std::tuple{"dgamma", forward.gamma, backward.dgamma},
        std::tuple{"dbeta", forward.beta, backward.dbeta}}) {
    const std::vector<double> at = content(input);
    expect_gradient(name, loss_of(input), at, content(gradient));
    std::copy(at.begin(), at.end(), input.as<double>());
  }
}

TEST_CASE("batch norm: NaN stays in its channel", "[batch_norm]") {
  constexpr std::int64_t kRows = 90, kChannels = 8, kSick = 5;
  Operands operands;
  const BatchNormForward forward = forward_of(operands, operands.uniform({kRows, kChannels}, 1), true);
  forward.x.as<float>()[41 * kChannels + kSick] = NAN;
  const BatchNormBackward backward = backward_of(operands, {kRows, kChannels}, ParamGrad::Overwrite);
  backward.dy.as<float>()[41 * kChannels + kSick] = NAN;
  const auto only_sick = [&](const Tensor& tensor) {
    for (std::int64_t i = 0; i < tensor.count(); ++i)
      CHECK(std::isnan(tensor.as<float>()[i]) == (i % kChannels == kSick));
  };
  const auto check = [&](const BatchNormForward& f, const BatchNormBackward& b) {
    for (const Tensor& tensor :
         {f.y, f.mean, f.inverse_std, f.running_mean, f.running_variance, b.dx, b.dgamma, b.dbeta})
      only_sick(tensor);
  };
  std::list<std::vector<std::byte>> memory;
  check(run_on_cuda(forward, memory), run_on_cuda(backward, memory));
  CpuDevice cpu({.threads = 1});
  run(forward, cpu);
  run(backward, cpu);
  check(forward, backward);
}

TEST_CASE("batch norm: the same threads give the same bytes", "[batch_norm]") {
  const Shape shape{1500, 33};
  Operands operands;
  const BatchNormForward forward = forward_of(operands, operands.uniform(shape, 1), true);
  BatchNormBackward backward = backward_of(operands, shape, ParamGrad::Overwrite);
  backward.x = forward.x;
  backward.dy = operands.uniform(shape, 2);
  std::list<std::vector<std::byte>> memory;
  const BatchNormForward first = run_on_cuda(forward, memory);
  const BatchNormBackward first_back = run_on_cuda(backward, memory);
  for_each_thread_order([&] {
    expect_same_results(run_on_cuda(forward, memory), first, {});
    expect_same_results(run_on_cuda(backward, memory), first_back, {});
  });
  CpuDevice cpu({.threads = 3});
  const auto twice = [&](const auto& instruction) {
    const auto once = clone_operands(instruction, memory), again = clone_operands(instruction, memory);
    run(once, cpu);
    run(again, cpu);
    expect_same_results(again, once, {});
  };
  twice(forward);
  twice(backward);
}

TEST_CASE("batch norm: operands off the 16-byte grid are read one by one", "[batch_norm]") {
  const Shape shape{70, 8};
  Operands operands;
  const BatchNormInference i = inference_of(operands, operands.uniform(shape, 1));
  CpuDevice cpu({.threads = 1});
  run(i, cpu);
  BatchNormInference shifted = i;
  auto* memory = static_cast<float*>(cuda_device().allocate((2 * shape.count() + 5 * 8) * sizeof(float)));
  float* next = memory + 1;
  BatchNormInference::operands(shifted, [&](const char*, Tensor& tensor, Access access, Role) {
    if (access == Access::Read) cuda_device().copy_to_device(next, tensor.data, tensor.bytes());
    tensor.data = next;
    next += tensor.count();
  });
  run(shifted, cuda_device());
  cuda_device().synchronize();
  const Tensor got = operands.result(shape);
  cuda_device().copy_to_host(got.data, shifted.y.data, got.bytes());
  cuda_device().release(memory);
  expect_close("y", got, i.y, {.absolute = 6 * kEpsilon / 2 * 5.3});
}

TEST_CASE("batch norm: wrong operands are refused", "[batch_norm]") {
  Operands operands;
  const auto refused = [&](const auto& good, const auto& spoil) {
    validate(good);
    auto bad = good;
    spoil(bad);
    CHECK_THROWS_AS(validate(bad), Error);
  };
  const BatchNormForward forward = forward_of(operands, operands.uniform({4, 5}, 1), true);
  refused(forward, [](auto& i) { i.x = {}; });
  refused(forward, [&](auto& i) { i.x = i.y = operands.result({}); });
  refused(forward, [&](auto& i) { i.x = i.y = operands.result({0, 5}); });
  refused(forward, [&](auto& i) { i.x = i.y = operands.result({1, 5}); });  // no unbiased variance
  refused(forward, [&](auto& i) { i.gamma = operands.result({4}); });
  refused(forward, [&](auto& i) { i.beta = operands.raw({5}, DType::F64); });
  refused(forward, [](auto& i) { i.running_mean = {}; });
  refused(forward, [&](auto& i) { i.running_variance = operands.result({1}); });
  refused(forward, [&](auto& i) { i.y = operands.result({5, 4}); });
  refused(forward, [](auto& i) { i.mean = {}; });
  refused(forward, [&](auto& i) { i.inverse_std = operands.result({5, 1}); });
  refused(forward, [](auto& i) { i.workspace = {}; });
  refused(forward, [&](auto& i) { i.workspace = operands.result({14}); });
  refused(forward, [](auto& i) { i.epsilon = -1; });
  refused(forward, [](auto& i) { i.momentum = NAN; });

  const BatchNormBackward backward = backward_of(operands, {4, 5}, ParamGrad::Overwrite);
  refused(backward, [](auto& i) { i.mode = ParamGrad::Skip; });  // though dgamma and dbeta are there
  refused(backward, [](auto& i) { i.dgamma = {}; });
  refused(backward, [&](auto& i) { i.dbeta = operands.result({4}); });
  refused(backward, [&](auto& i) { i.dy = operands.result({5, 4}); });
  refused(backward, [&](auto& i) { i.dx = operands.bytes({4, 5}, 1); });
  refused(backward, [](auto& i) { i.mean = {}; });
  refused(backward, [&](auto& i) { i.inverse_std = operands.result({4}); });
  refused(backward, [](auto& i) { i.gamma = {}; });
  refused(backward, [&](auto& i) { i.workspace = operands.result({19}); });
  refused(backward_of(operands, {4, 5}, ParamGrad::Skip), [](auto& i) { i.mode = ParamGrad::Accumulate; });

  const BatchNormInference inference = inference_of(operands, operands.uniform({4, 5}, 1));
  refused(inference, [&](auto& i) { i.running_mean = operands.result({4}); });
  refused(inference, [](auto& i) { i.running_variance = {}; });
  refused(inference, [&](auto& i) { i.y = operands.result({5, 4}); });
  refused(inference, [](auto& i) { i.epsilon = -1; });
}

TEST_CASE("batch norm: the cost is one pass over the operands", "[batch_norm]") {
  Operands operands;
  const Tensor x = operands.uniform({4, 5}, 1);
  CHECK(cost(forward_of(operands, x, false)).bytes == 4 * (20 + 5 + 5 + 20 + 5 + 5));
  CHECK(cost(forward_of(operands, x, true)).bytes == 4 * (20 + 5 + 5 + 2 * 10 + 20 + 5 + 5));
  CHECK(cost(backward_of(operands, {4, 5}, ParamGrad::Skip)).bytes == 4 * (20 + 20 + 15 + 20));
  CHECK(cost(inference_of(operands, x)).bytes == 4 * (20 + 20 + 20));
}
