#include "kernels/loss/sigmoid_cross_entropy.h"

#include <algorithm>

#include "tests/support/instruction_test.h"

using namespace gan;
using namespace gan::test;

namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

SigmoidCrossEntropy on_logits(Operands& operands, const Tensor& logits, float target, float weight) {
  const auto result = [&](const Shape& shape) { return operands.raw(shape, logits.dtype); };
  return {.logits = logits,
          .loss = result({1}),
          .dlogits = result(logits.shape),
          .mean_sigmoid = result({1}),
          .target = target,
          .weight = weight};
}

/// fp32 against double. A term is made of expf and log1pf (2 ulp each), a quotient and three products; it reaches
/// `largest` + 1; a thread adds up to terms / 1024 of them in turn and then ten more in a tree.
Tolerance rounding(std::int64_t terms, double largest) {
  const double additions = static_cast<double>(terms) / 1024 + 10;
  return {.absolute = 0.5 * kEpsilon * (8 + additions) * (largest + 1)};
}

Tensor doubles(Operands& operands, const std::vector<double>& values) {
  const Tensor tensor = operands.raw({static_cast<std::int64_t>(values.size())}, DType::F64);
  std::copy(values.begin(), values.end(), tensor.as<double>());
  return tensor;
}

}  // namespace

TEST_CASE("sigmoid cross-entropy agrees with its definition", "[sigmoid_cross_entropy]") {
  Operands operands;
  const Shape shape = GENERATE(Shape{1},            // a single logit: most lanes idle
                               Shape{31, 1},        // one short of a warp
                               Shape{33},           // one past a warp: the last warp nearly empty
                               Shape{64, 1, 1, 1},  // a usual batch
                               Shape{1024},         // the whole block, every warp full
                               Shape{1025},         // one thread goes round twice
                               Shape{5, 7, 100});   // everyone goes round, unevenly
  const float target = GENERATE(0.0f, 0.1f, 0.9f, 1.0f);
  const float weight = GENERATE(1.0f, -1.0f);
  INFO(to_string(shape) << " target " << target << " weight " << weight);
  const SigmoidCrossEntropy op = on_logits(operands, operands.uniform(shape, 5, -12, 12), target, weight);
  expect_cuda_matches_definition(op, rounding(shape.count(), 12));
  expect_cpu_matches_definition(op, rounding(shape.count(), 12));
}

TEST_CASE("small gradients keep their relative precision", "[sigmoid_cross_entropy]") {
  // target 0: dlogits = sigmoid / N, down to e^-80: no cancellation, so a relative bound holds (expf 2 ulp and its
  // argument exact, a sum, a quotient, two products).
  Operands operands;
  SigmoidCrossEntropy op = on_logits(operands, operands.uniform({100}, 6, -80, 0), 0, 1);
  std::list<std::vector<std::byte>> memory;
  const SigmoidCrossEntropy want = clone_operands(widen_operands(op, memory), memory);
  CpuDevice cpu({.threads = 1});
  run(want, cpu);
  expect_close("dlogits", run_on_cuda(op, memory).dlogits, want.dlogits, {.relative = 8 * kEpsilon});
}

TEST_CASE("the loss is the cross-entropy of the textbook", "[sigmoid_cross_entropy]") {
  // Moderate logits, where -[t log s + (1 - t) log(1 - s)] itself is accurate in double.
  Operands operands;
  const std::vector<double> z{-3, -0.5, 0, 0.25, 2, 4};
  const double target = GENERATE(0.0, 0.125, 1.0);
  CpuDevice cpu({.threads = 1});
  double cross_entropy = 0, log_one_minus = 0, mean = 0;
  for (const double value : z) {
    const double s = 1 / (1 + std::exp(-value));
    cross_entropy -= (target * std::log(s) + (1 - target) * std::log(1 - s)) / 6;
    log_one_minus += std::log(1 - s) / 6;
    mean += s / 6;
  }
  const SigmoidCrossEntropy op = on_logits(operands, doubles(operands, z), static_cast<float>(target), 1);
  run(op, cpu);
  CHECK(std::abs(*op.loss.as<double>() - cross_entropy) < 1e-14);
  CHECK(std::abs(*op.mean_sigmoid.as<double>() - mean) < 1e-15);
  const SigmoidCrossEntropy saturating = on_logits(operands, doubles(operands, z), 0, -1);
  run(saturating, cpu);
  CHECK(std::abs(*saturating.loss.as<double>() - log_one_minus) < 1e-14);
}

TEST_CASE("dlogits is the gradient of loss", "[sigmoid_cross_entropy]") {
  Operands operands;
  const float target = GENERATE(0.0f, 0.1f, 0.9f, 1.0f);
  const float weight = GENERATE(1.0f, -1.0f, 2.5f);
  CpuDevice cpu({.threads = 1});
  const std::vector<double> z{-20, -3, -0.1, 0.1, 1.5, 7, 30};
  const auto loss = [&](const std::vector<double>& at) {
    const SigmoidCrossEntropy op = on_logits(operands, doubles(operands, at), target, weight);
    run(op, cpu);
    return *op.loss.as<double>();
  };
  const SigmoidCrossEntropy op = on_logits(operands, doubles(operands, z), target, weight);
  run(op, cpu);
  const double* const gradient = op.dlogits.as<double>();
  expect_gradient("sigmoid cross-entropy", loss, z, {gradient, gradient + z.size()}, 1e-8);
}

TEST_CASE("every finite logit has a finite loss and gradient", "[sigmoid_cross_entropy]") {
  Operands operands;
  const float target = GENERATE(0.0f, 0.1f, 1.0f);
  const float weight = GENERATE(1.0f, -1.0f);
  const float extreme = GENERATE(1e4f, -1e4f, 3e38f, -3e38f, 0.0f, 1e-40f);
  INFO("target " << target << " weight " << weight << " logit " << extreme);
  // Forty of them: their plain sum would overflow where their mean does not.
  const SigmoidCrossEntropy op = on_logits(operands, operands.constant({40}, extreme), target, weight);
  const double z = extreme, s = z >= 0 ? 1 / (1 + std::exp(-z)) : std::exp(z) / (1 + std::exp(z));
  const double loss = weight * (std::max(z, 0.0) - target * z + std::log1p(std::exp(-std::abs(z))));
  const Tolerance relative{.absolute = 4 * kEpsilon, .relative = 16 * kEpsilon};
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const SigmoidCrossEntropy on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const SigmoidCrossEntropy& done : {on_cpu, run_on_cuda(op, memory)}) {
    expect_close("loss", done.loss, operands.values({1}, {static_cast<float>(loss)}), relative);
    expect_close("mean", done.mean_sigmoid, operands.values({1}, {static_cast<float>(s)}), relative);
    expect_close("dlogits", done.dlogits, operands.constant({40}, static_cast<float>(weight * (s - target) / 40)),
                 relative);
  }
}

TEST_CASE("a NaN among the logits is seen in the loss", "[sigmoid_cross_entropy]") {
  Operands operands;
  const SigmoidCrossEntropy op = on_logits(operands, operands.constant({50}, 1), 1, 1);
  op.logits.as<float>()[37] = std::numeric_limits<float>::quiet_NaN();
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const SigmoidCrossEntropy on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const SigmoidCrossEntropy& done : {on_cpu, run_on_cuda(op, memory)}) {
    CHECK(std::isnan(*done.loss.as<float>()));
    CHECK(std::isnan(*done.mean_sigmoid.as<float>()));
    CHECK(std::isnan(done.dlogits.as<float>()[37]));
    CHECK(std::isfinite(done.dlogits.as<float>()[36]));
  }
}

TEST_CASE("sigmoid cross-entropy refuses operands that do not fit", "[sigmoid_cross_entropy]") {
  Operands operands;
  const SigmoidCrossEntropy good = on_logits(operands, operands.result({6}), 1, 1);
  validate(good);
  const auto refused = [&](auto&& change) {
    SigmoidCrossEntropy bad = good;
    change(bad);
    REQUIRE_THROWS_AS(validate(bad), Error);
  };
  refused([](auto& op) { op.logits = Tensor{}; });
  refused([&](auto& op) { op.logits = operands.bytes({6}, 1); });
  refused([&](auto& op) { op.logits = op.dlogits = operands.result({0}); });
  refused([&](auto& op) { op.dlogits = operands.result({5}); });
  refused([&](auto& op) { op.loss = operands.result({2}); });
  refused([&](auto& op) { op.mean_sigmoid = operands.raw({1}, DType::F64); });
  refused([](auto& op) { op.target = 1.5f; });
  refused([](auto& op) { op.target = std::numeric_limits<float>::quiet_NaN(); });
  refused([](auto& op) { op.weight = std::numeric_limits<float>::infinity(); });
}
