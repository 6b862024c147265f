// The mean squared distance of logits from a target, and its gradient.
#include "kernels/loss/least_squares.h"

#include "tests/kernels/loss_cases.h"

using namespace gan;
using namespace gan::test;

namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

LeastSquaresLoss on_logits(Operands& operands, const Tensor& logits, float target) {
  const auto result = [&](const Shape& shape) { return operands.raw(shape, logits.dtype); };
  return {.logits = logits,
          .loss = result({1}),
          .dlogits = result(logits.shape),
          .mean_logit = result({1}),
          .target = target};
}

}  // namespace

TEST_CASE("the least-squares loss agrees with its definition", "[least_squares]") {
  Operands operands;
  for (const Shape& shape : kLossShapes)
    for (const float target : {0.0f, 1.0f, 0.9f, -1.0f}) {
      INFO(to_string(shape) << " target " << target);
      const LeastSquaresLoss op = on_logits(operands, operands.uniform(shape, 5, -12, 12), target);
      // Distances up to 13, half of their squares up to 85, with five roundings: the distance's counts twice.
      expect_cuda_matches_definition(op, rounding_of_mean(shape.count(), 6, 85));
      expect_displaced_cuda_matches_definition(op, rounding_of_mean(shape.count(), 6, 85));
      expect_cpu_matches_definition(op, rounding_of_mean(shape.count(), 6, 85));
      std::list<std::vector<std::byte>> memory;
      const LeastSquaresLoss want = defined(op, memory);
      on_both_devices(op, [&](const LeastSquaresLoss& done) {  // a difference, 1/N, their product: no cancellation
        expect_close("dlogits", done.dlogits, want.dlogits, {.relative = 2 * kEpsilon});
        expect_close("mean", done.mean_logit, want.mean_logit, rounding_of_mean(shape.count(), 2, 12));
      });
    }
}

TEST_CASE("the least-squares loss is exact on whole numbers and powers of two", "[least_squares]") {
  // Squares up to 81, of which 2,048 sum exactly, and so do their 2048ths.
  Operands operands;
  const LeastSquaresLoss op = on_logits(operands, operands.integers({2048}, 7), 1);
  double squares = 0, sum = 0;
  for (int i = 0; i < 2048; ++i) {
    const double z = op.logits.as<float>()[i];
    squares += (z - 1) * (z - 1);
    sum += z;
  }
  on_both_devices(op, [&](const LeastSquaresLoss& done) {
    CHECK(*done.loss.as<float>() == squares / 4096);
    CHECK(*done.mean_logit.as<float>() == sum / 2048);
    for (int i = 0; i < 2048; ++i) REQUIRE(done.dlogits.as<float>()[i] == (op.logits.as<float>()[i] - 1) / 2048);
  });
}

TEST_CASE("dlogits is the gradient of the least-squares loss", "[least_squares]") {
  Operands operands;
  const float target = GENERATE(0.0f, 1.0f, 0.875f);
  const auto on_values = [&](const std::vector<double>& values) {
    const LeastSquaresLoss op = on_logits(operands, doubles(operands, values), target);
    CpuDevice cpu({.threads = 1});
    run(op, cpu);
    return op;
  };
  const std::vector<double> at{-20, -3, -0.1, 0, 1, 1.5, 7, 30};
  const double* const gradient = on_values(at).dlogits.as<double>();
  expect_gradient(
      "least squares", [&](const std::vector<double>& values) { return *on_values(values).loss.as<double>(); }, at,
      {gradient, gradient + at.size()}, 1e-8);
}

TEST_CASE("huge logits have finite least-squares gradients, and losses as far as fp32 goes", "[least_squares]") {
  Operands operands;
  // 1e19 squared is 1e38: a plain sum of forty would overflow, their mean does not.
  const float extreme = GENERATE(1e4f, -1e4f, 1e19f, -1e19f, 1e-40f, 3e38f);
  INFO(extreme);
  on_both_devices(on_logits(operands, operands.constant({40}, extreme), 1), [&](const LeastSquaresLoss& done) {
    // A sum of forty rounds a denormal by up to 7e-46 at each addition.
    const Tolerance relative{.absolute = 6e-44, .relative = 16 * kEpsilon};
    const double distance = static_cast<double>(extreme) - 1;
    expect_close("dlogits", done.dlogits, operands.constant({40}, static_cast<float>(distance / 40)), relative);
    expect_close("mean", done.mean_logit, operands.values({1}, {extreme}), relative);
    if (std::abs(distance) < 1e20)
      expect_close("loss", done.loss, operands.values({1}, {static_cast<float>(distance * distance / 2)}), relative);
    else CHECK(std::isinf(*done.loss.as<float>()));
  });
}

TEST_CASE("a NaN among the logits is seen in the least-squares loss", "[least_squares]") {
  Operands operands;
  const LeastSquaresLoss op = on_logits(operands, operands.constant({50}, 1), 0);
  op.logits.as<float>()[37] = std::numeric_limits<float>::quiet_NaN();
  on_both_devices(op, [](const LeastSquaresLoss& done) {
    CHECK(std::isnan(*done.loss.as<float>()));
    CHECK(std::isnan(*done.mean_logit.as<float>()));
    for (int i = 0; i < 50; ++i) REQUIRE(std::isnan(done.dlogits.as<float>()[i]) == (i == 37));
  });
}

TEST_CASE("what the least-squares loss refuses and costs", "[least_squares]") {
  Operands operands;
  const LeastSquaresLoss good = on_logits(operands, operands.result({6}), 1);
  validate(good);
  CHECK(cost(good).flops == 7 * 6);
  CHECK(cost(good).bytes == 4 * (6 + 6 + 2));
  const auto refused = [&](auto&& change) {
    LeastSquaresLoss bad = good;
    change(bad);
    REQUIRE_THROWS_AS(validate(bad), Error);
  };
  refused([](auto& op) { op.logits = Tensor{}; });
  refused([&](auto& op) { op.logits = operands.bytes({6}, 1); });
  refused([&](auto& op) { op.logits = op.dlogits = operands.result({0}); });
  refused([&](auto& op) { op.dlogits = operands.result({5}); });
  refused([&](auto& op) { op.loss = operands.result({2}); });
  refused([&](auto& op) { op.mean_logit = operands.raw({1}, DType::F64); });
  refused([](auto& op) { op.mean_logit = Tensor{}; });
  refused([](auto& op) { op.target = std::numeric_limits<float>::quiet_NaN(); });
}
