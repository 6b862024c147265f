#include "kernels/norm/group_norm.h"

#include <cmath>

#include "kernels/norm/batch_norm.h"
#include "tests/kernels/displaced_operands.h"
#include "tests/kernels/group_norm_cases.h"

using namespace gan;
using namespace gan::test;
using namespace gan::test::group_norm;

TEST_CASE("group norm: the forward follows the definition", "[group_norm]") {
  const Case& c = GENERATE(from_range(kCases.begin(), kCases.end()));
  INFO(c.reason);
  Operands operands;
  const GroupNormForward i = forward_of(operands, c, operands.uniform(c.shape, 1));
  expect_cuda_matches_definition(i, forward_tolerance(i));
  expect_cpu_matches_definition(i, forward_tolerance(i));
}

TEST_CASE("group norm: the variance survives a large mean", "[group_norm]") {
  const float mean = GENERATE(1e4f, -3e5f);
  const Case c = GENERATE(Case{{2, 300, 6}, 2, ""}, Case{{3, 90, 8}, 8, ""});
  Operands operands;
  const Tensor x = operands.result(c.shape);
  std::mt19937 random(7);
  std::normal_distribution<float> noise(0, 1);
  for (std::int64_t i = 0; i < x.count(); ++i) x.as<float>()[i] = mean + noise(random);
  const GroupNormForward i = forward_of(operands, c, x);
  expect_cuda_matches_definition(i, forward_tolerance(i));
  expect_cpu_matches_definition(i, forward_tolerance(i));
  CHECK(forward_tolerance(i).relative < 0.1);
}

TEST_CASE("group norm: groups of one number give beta, and no gradient", "[group_norm]") {
  Operands operands;
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 2});
  for (const Case& c : {Case{{5, 1, 1, 9}, 9, ""}, Case{{3, 8}, 8, ""}}) {
    const GroupNormForward forward = forward_of(operands, c, operands.uniform(c.shape, 1, -100, 100));
    const GroupNormForward on_cpu = clone_operands(forward, memory);
    run(on_cpu, cpu);
    for (const GroupNormForward& done : {on_cpu, run_on_cuda(forward, memory)}) {
      for (std::int64_t i = 0; i < forward.y.count(); ++i)
        CHECK(done.y.as<float>()[i] == forward.beta.as<float>()[i % channels_of(c.shape)]);
      expect_close("mean", done.mean.reshaped(c.shape), forward.x, {});
      GroupNormBackward backward = backward_of(operands, c, ParamGrad::Overwrite);
      GroupNormTangent tangent = tangent_of(operands, c, ParamGrad::Overwrite);
      backward.x = tangent.x = forward.x;
      backward.mean = tangent.mean = done.mean;
      backward.inverse_std = tangent.inverse_std = done.inverse_std;
      // What is left of t - mean(t) is the rounding of a product that is not larger than 16, times 1 / sqrt(epsilon); gamma
      // 2 makes it nothing.
      const GroupNormBackward back_on_cpu = clone_operands(backward, memory);
      const GroupNormTangent tangent_on_cpu = clone_operands(tangent, memory);
      run(back_on_cpu, cpu);
      run(tangent_on_cpu, cpu);
      const Tensor zeros = operands.constant(c.shape, 0), no_gradient = operands.constant(backward.gamma.shape, 0);
      const double rounding = 2 * kEpsilon * 16 / std::sqrt(1e-5);
      for (const GroupNormBackward& back : {back_on_cpu, run_on_cuda(backward, memory)}) {
        expect_close("dx", back.dx, zeros, {.absolute = rounding});
        expect_close("dgamma", back.dgamma, no_gradient, {});
      }
      for (const GroupNormTangent& there : {tangent_on_cpu, run_on_cuda(tangent, memory)}) {
        expect_close("pushed", there.pushed, zeros, {.absolute = rounding});
        expect_close("second_order", there.second_order, zeros, {.absolute = rounding});
        expect_close("dgamma", there.dgamma, no_gradient, {.absolute = rounding});
      }
    }
  }
}

TEST_CASE("group norm: the backward follows the definition in every mode", "[group_norm]") {
  const Case& c = GENERATE(from_range(kCases.begin(), kCases.end()));
  const ParamGrad mode = GENERATE(ParamGrad::Skip, ParamGrad::Overwrite, ParamGrad::Accumulate);
  INFO(c.reason << ", mode " << static_cast<int>(mode));
  Operands operands;
  const GroupNormBackward i = backward_of(operands, c, mode);
  // dgamma and dbeta are exact. |t| <= 16, |xhat| <= 4.5, |mean(t xhat)| <= 72: dx is half a sum of terms up to 16, 16 and
  // 324, rounded six times at most by half a unit.
  const Tolerance rounding{.absolute = 6 * kEpsilon / 2 * (16 + 16 + 324) / 2};
  expect_cuda_matches_definition(i, rounding);
  expect_cpu_matches_definition(i, rounding);
}

TEST_CASE("group norm: the backward is exact where all its means are", "[group_norm]") {
  const Case c = GENERATE(Case{{3, 8, 5}, 5, ""}, Case{{2, 16, 12}, 3, ""}, Case{{4, 1, 8}, 1, ""},
                          Case{{1, 256, 36}, 36, ""}, Case{{5, 2, 2, 4}, 2, ""});  // 2^k numbers in a group
  Operands operands;
  const GroupNormBackward i = backward_of(operands, c, ParamGrad::Accumulate);
  expect_cuda_matches_definition(i, {});
  expect_cpu_matches_definition(i, {});
}

TEST_CASE("group norm: the backward of reals", "[group_norm]") {
  const Case& c = GENERATE(from_range(kCases.begin(), kCases.end()));
  INFO(c.reason);
  Operands operands;
  const GroupNormBackward i = of_reals(operands, backward_of(operands, c, ParamGrad::Overwrite));
  // dx = r (t - mean(t) - xhat mean(t xhat)), six roundings; dgamma sums products of numbers up to 1 and 2.2.
  const double m1 = mean_of(size_of(c), 1.5 * 2.2), t = mean_of(size_of(c), 1.5);
  const Tolerance dgamma = rounding_of_sum(c.shape[0] * rows_of(c.shape), std::sqrt(2.2));
  const Tolerance rounding{.absolute = 8 * kEpsilon / 2 * 2 * (1.5 + t + 2.2 * m1) + 2 * dgamma.absolute};
  expect_cuda_matches_definition(i, rounding);
  expect_cpu_matches_definition(i, rounding);
}

TEST_CASE("group norm: central differences confirm the backward", "[group_norm]") {
  const Case& c = GENERATE(from_range(kSmallCases.begin(), kSmallCases.end()));
  INFO(c.reason);
  Chain chain(c);
  const auto loss_of = [&](const Tensor& input) {
    return [&](const std::vector<double>& values) {
      std::copy(values.begin(), values.end(), input.as<double>());
      run(chain.forward, chain.cpu);
      return inner_product(chain.forward.y, chain.backward.dy);
    };
  };
  for (const auto& [name, input, gradient] : {std::tuple{"dx", chain.forward.x, chain.backward.dx},
                                              std::tuple{"dgamma", chain.forward.gamma, chain.backward.dgamma},
                                              std::tuple{"dbeta", chain.forward.beta, chain.backward.dbeta}}) {
    const std::vector<double> at = content(input);
    expect_gradient(name, loss_of(input), at, content(gradient));
    std::copy(at.begin(), at.end(), input.as<double>());
  }
}

TEST_CASE("group norm: a batch as one sample is batch norm", "[group_norm]") {
  const Case c{{1, 500, 6}, 6, ""};
  Operands operands;
  std::list<std::vector<std::byte>> memory;
  const GroupNormForward group = forward_of(operands, c, operands.uniform(c.shape, 1));
  const BatchNormForward batch{.x = group.x,
                               .gamma = group.gamma,
                               .beta = group.beta,
                               .running_mean = {},
                               .running_variance = {},
                               .y = operands.result(c.shape),
                               .mean = operands.result({6}),
                               .inverse_std = operands.result({6}),
                               .workspace = operands.result({BatchNormForward::workspace_count(500, 6)})};
  for (const int threads : {1, 3}) {
    CpuDevice cpu({.threads = threads});
    const GroupNormForward one = clone_operands(group, memory);
    const BatchNormForward other = clone_operands(batch, memory);
    run(one, cpu);
    run(other, cpu);
    expect_close("y", one.y, other.y, forward_tolerance(group));
    expect_close("mean", one.mean.reshaped({6}), other.mean, forward_tolerance(group));
    expect_close("inverse_std", one.inverse_std.reshaped({6}), other.inverse_std, forward_tolerance(group));
  }
}

TEST_CASE("group norm: more samples than a grid has rows", "[group_norm]") {
  const Case c{{65535 + 4, 2, 1}, 1, ""};
  Operands operands;
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 2, .definition_only = true});
  const GroupNormForward forward = forward_of(operands, c, operands.uniform(c.shape, 1));
  const GroupNormForward want = widen_operands(forward, memory);
  run(want, cpu);
  expect_same_results(run_on_cuda(forward, memory), want, forward_tolerance(forward));
  GroupNormTangent tangent = of_reals(operands, tangent_of(operands, c, ParamGrad::Overwrite));
  tangent.v = operands.uniform(c.shape, 16);
  const GroupNormTangent exact = widen_operands(tangent, memory);
  run(exact, cpu);
  expect_same_results(run_on_cuda(tangent, memory), exact, tangent_tolerance(c));
}

TEST_CASE("group norm: NaN stays in its group", "[group_norm]") {
  const Case c{{3, 10, 8}, 4, ""};
  constexpr std::int64_t kSick = (1 * 10 + 7) * 8 + 5;  // of sample 1, group 2
  Operands operands;
  const GroupNormForward forward = forward_of(operands, c, operands.uniform(c.shape, 1));
  const GroupNormBackward backward = backward_of(operands, c, ParamGrad::Overwrite);
  const GroupNormTangent tangent = tangent_of(operands, c, ParamGrad::Overwrite);
  forward.x.as<float>()[kSick] = backward.dy.as<float>()[kSick] = tangent.v.as<float>()[kSick] = NAN;
  const auto only_sick = [&](const Tensor& tensor) {
    for (std::int64_t i = 0; i < tensor.count(); ++i)
      CHECK(std::isnan(tensor.as<float>()[i]) == (i / 80 == 1 && i % 8 / 2 == 2));
  };
  const auto only_sick_channels = [&](const Tensor& tensor, std::int64_t first, std::int64_t last) {
    for (std::int64_t k = 0; k < 8; ++k) CHECK(std::isnan(tensor.as<float>()[k]) == (k >= first && k <= last));
  };
  const auto check = [&](const GroupNormForward& f, const GroupNormBackward& b, const GroupNormTangent& t) {
    for (const Tensor& tensor : {f.y, b.dx, t.pushed, t.second_order}) only_sick(tensor);
    for (const Tensor& tensor : {f.mean, f.inverse_std})
      for (std::int64_t g = 0; g < 12; ++g) CHECK(std::isnan(tensor.as<float>()[g]) == (g == 6));
    for (const Tensor& tensor : {b.dgamma, b.dbeta}) only_sick_channels(tensor, 5, 5);
    only_sick_channels(t.dgamma, 4, 5);
  };
  std::list<std::vector<std::byte>> memory;
  check(run_on_cuda(forward, memory), run_on_cuda(backward, memory), run_on_cuda(tangent, memory));
  CpuDevice cpu({.threads = 1});
  run(forward, cpu);
  run(backward, cpu);
  run(tangent, cpu);
  check(forward, backward, tangent);
}

TEST_CASE("group norm: the same threads give the same bytes", "[group_norm]") {
  const Case c = GENERATE(Case{{2, 300, 12}, 3, ""}, Case{{7, 40, 33}, 33, ""});
  Operands operands;
  std::list<std::vector<std::byte>> memory;
  const auto twice = [&](const auto& instruction) {
    const auto first = run_on_cuda(instruction, memory);
    for_each_thread_order([&] { expect_same_results(run_on_cuda(instruction, memory), first, {}); });
    CpuDevice cpu({.threads = 3});
    const auto once = clone_operands(instruction, memory), again = clone_operands(instruction, memory);
    run(once, cpu);
    run(again, cpu);
    expect_same_results(again, once, {});
  };
  twice(forward_of(operands, c, operands.uniform(c.shape, 1)));
  twice(of_reals(operands, backward_of(operands, c, ParamGrad::Overwrite)));
  GroupNormTangent tangent = of_reals(operands, tangent_of(operands, c, ParamGrad::Overwrite));
  tangent.v = operands.uniform(c.shape, 16);
  twice(tangent);
}

TEST_CASE("group norm: operands off the 16-byte grid are read one by one", "[group_norm]") {
  const Case c{{3, 21, 8}, 4, ""};
  Operands operands;
  const GroupNormForward forward = forward_of(operands, c, operands.uniform(c.shape, 1));
  for (const char* only : {"x", "gamma", "beta", "y"})
    expect_displaced_cuda_matches_definition(forward, forward_tolerance(forward), only);
  const GroupNormBackward backward = backward_of(operands, c, ParamGrad::Overwrite);
  for (const char* only : {"x", "dy", "gamma", "dx"})
    expect_displaced_cuda_matches_definition(backward, {.absolute = 6 * kEpsilon / 2 * (16 + 16 + 324) / 2}, only);
  GroupNormTangent tangent = of_reals(operands, tangent_of(operands, c, ParamGrad::Overwrite));
  tangent.v = operands.uniform(c.shape, 16);
  for (const char* only : {"x", "dy", "v", "gamma", "pushed", "second_order"})
    expect_displaced_cuda_matches_definition(tangent, tangent_tolerance(c), only);
}

TEST_CASE("group norm: wrong operands are refused", "[group_norm]") {
  const Case c{{4, 5, 6}, 3, ""};
  Operands operands;
  const auto refused = [&](const auto& good, const auto& spoil) {
    validate(good);
    auto bad = good;
    spoil(bad);
    CHECK_THROWS_AS(validate(bad), Error);
  };
  const auto all_refused = [&](const auto& spoil) {
    refused(forward_of(operands, c, operands.uniform(c.shape, 1)), spoil);
    refused(backward_of(operands, c, ParamGrad::Overwrite), spoil);
    refused(tangent_of(operands, c, ParamGrad::Accumulate), spoil);
  };
  all_refused([](auto& i) { i.x = {}; });
  all_refused([&](auto& i) { i.x = operands.result({6}); });
  all_refused([&](auto& i) { i.x = operands.result({0, 5, 6}); });
  all_refused([&](auto& i) { i.x = operands.result({4, 0, 6}); });
  all_refused([](auto& i) { i.groups = 4; });
  all_refused([](auto& i) { i.groups = 0; });
  all_refused([](auto& i) { i.groups = 6; });  // the statistics are of 3
  all_refused([&](auto& i) { i.gamma = operands.result({3}); });
  all_refused([&](auto& i) { i.mean = operands.result({3, 4}); });
  all_refused([](auto& i) { i.inverse_std = {}; });
  all_refused([](auto& i) { i.workspace = {}; });
  all_refused([&](auto& i) { i.workspace = operands.result({i.workspace.count() - 1}); });
  all_refused([&](auto& i) { i.gamma = operands.raw({6}, DType::F64); });
  const GroupNormForward forward = forward_of(operands, c, operands.uniform(c.shape, 1));
  refused(forward, [](auto& i) { i.epsilon = 0; });
  refused(forward, [&](auto& i) { i.beta = operands.result({5}); });
  refused(forward, [&](auto& i) { i.y = operands.result({4, 6, 5}); });
  const GroupNormBackward backward = backward_of(operands, c, ParamGrad::Overwrite);
  refused(backward, [](auto& i) { i.mode = ParamGrad::Skip; });  // though dgamma and dbeta are there
  refused(backward, [](auto& i) { i.dgamma = {}; });
  refused(backward, [&](auto& i) { i.dbeta = operands.result({3}); });
  refused(backward, [&](auto& i) { i.dy = operands.result({4, 30}); });
  refused(backward, [](auto& i) { i.dx = {}; });
  const GroupNormTangent tangent = tangent_of(operands, c, ParamGrad::Overwrite);
  refused(tangent, [](auto& i) { i.mode = ParamGrad::Skip; });
  refused(tangent, [](auto& i) { i.dgamma = {}; });
  refused(tangent, [](auto& i) { i.dy = {}; });
  refused(tangent, [&](auto& i) { i.v = operands.result({4, 6, 5}); });
  refused(tangent, [](auto& i) { i.pushed = {}; });
  refused(tangent, [&](auto& i) { i.second_order = operands.result({4, 5, 5}); });
}

TEST_CASE("group norm: the cost is one pass over the operands", "[group_norm]") {
  const Case c{{4, 5, 6}, 3, ""};
  Operands operands;
  CHECK(cost(forward_of(operands, c, operands.uniform(c.shape, 1))).bytes == 4 * (2 * 120 + 2 * 6 + 2 * 12));
  CHECK(cost(backward_of(operands, c, ParamGrad::Skip)).bytes == 4 * (3 * 120 + 6 + 2 * 12));
  CHECK(cost(backward_of(operands, c, ParamGrad::Accumulate)).bytes == 4 * (3 * 120 + 6 + 2 * 12 + 2 * 2 * 6));
  CHECK(cost(tangent_of(operands, c, ParamGrad::Overwrite)).bytes == 4 * (5 * 120 + 6 + 2 * 12 + 6));
  CHECK(cost(tangent_of(operands, c, ParamGrad::Skip)).flops == 20 * 120);
}
