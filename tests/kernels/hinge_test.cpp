// How far logits fall short of a margin, and the gradient of that.
#include "kernels/loss/hinge.h"

#include "tests/kernels/loss_cases.h"

using namespace gan;
using namespace gan::test;

namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

HingeLoss on_logits(Operands& operands, const Tensor& logits, float label) {
  const auto result = [&](const Shape& shape) { return operands.raw(shape, logits.dtype); };
  return {.logits = logits,
          .loss = result({1}),
          .dlogits = result(logits.shape),
          .mean_logit = result({1}),
          .label = label};
}

}  // namespace

TEST_CASE("the hinge loss agrees with its definition", "[hinge]") {
  Operands operands;
  for (const Shape& shape : kLossShapes)
    for (const float label : {1.0f, -1.0f}) {
      INFO(to_string(shape) << " label " << label);
      const HingeLoss op = on_logits(operands, operands.uniform(shape, 5, -4, 4), label);
      // A distance up to 5, 1/N, their product.
      expect_cuda_matches_definition(op, rounding_of_mean(shape.count(), 3, 5));
      expect_displaced_cuda_matches_definition(op, rounding_of_mean(shape.count(), 3, 5));
      expect_cpu_matches_definition(op, rounding_of_mean(shape.count(), 3, 5));
      std::list<std::vector<std::byte>> memory;
      const HingeLoss want = defined(op, memory);
      on_both_devices(op, [&](const HingeLoss& done) {  // 0, or 1/N rounded once
        expect_close("dlogits", done.dlogits, want.dlogits, {.relative = kEpsilon});
      });
    }
}

TEST_CASE("the hinge loss is exact on whole numbers, at its kink too", "[hinge]") {
  // A quarter of these are beyond the margin, some on it: what torch.relu's derivative is at 0, 0, is the gradient there.
  Operands operands;
  const float label = GENERATE(1.0f, -1.0f);
  const HingeLoss op = on_logits(operands, operands.integers({2048}, 7, 2), label);
  double loss = 0, sum = 0;
  int on_margin = 0;
  for (int i = 0; i < 2048; ++i) {
    const double z = op.logits.as<float>()[i];
    loss += std::max(0.0, 1 - label * z);
    sum += z;
    if (label * z == 1) ++on_margin;
  }
  REQUIRE(on_margin > 100);
  on_both_devices(op, [&](const HingeLoss& done) {
    CHECK(*done.loss.as<float>() == loss / 2048);
    CHECK(*done.mean_logit.as<float>() == sum / 2048);
    for (int i = 0; i < 2048; ++i)
      REQUIRE(done.dlogits.as<float>()[i] == (label * op.logits.as<float>()[i] < 1 ? -label / 2048 : 0));
  });
}

TEST_CASE("dlogits is the gradient of the hinge loss", "[hinge]") {
  Operands operands;
  const float label = GENERATE(1.0f, -1.0f);
  const auto on_values = [&](const std::vector<double>& values) {
    const HingeLoss op = on_logits(operands, doubles(operands, values), label);
    CpuDevice cpu({.threads = 1});
    run(op, cpu);
    return op;
  };
  const std::vector<double> at{-20, -1.1, -0.9, -0.1, 0, 0.9, 1.1, 30};  // on both sides of both margins
  const double* const gradient = on_values(at).dlogits.as<double>();
  expect_gradient(
      "hinge", [&](const std::vector<double>& values) { return *on_values(values).loss.as<double>(); }, at,
      {gradient, gradient + at.size()}, 1e-8);
}

TEST_CASE("every finite logit has a finite hinge loss", "[hinge]") {
  Operands operands;
  const float label = GENERATE(1.0f, -1.0f), extreme = GENERATE(1e4f, -1e4f, 3e38f, -3e38f, 0.0f, 1e-40f);
  INFO("label " << label << " logit " << extreme);
  const double loss = std::max(0.0, 1 - static_cast<double>(label) * extreme);
  on_both_devices(on_logits(operands, operands.constant({40}, extreme), label), [&](const HingeLoss& done) {
    // A sum of forty rounds a denormal by up to 7e-46 at each addition.
    const Tolerance relative{.absolute = 6e-44, .relative = 16 * kEpsilon};
    expect_close("loss", done.loss, operands.values({1}, {static_cast<float>(loss)}), relative);
    expect_close("mean", done.mean_logit, operands.values({1}, {extreme}), relative);
    expect_close("dlogits", done.dlogits, operands.constant({40}, loss > 0 ? -label / 40 : 0), relative);
  });
}

TEST_CASE("a NaN among the logits is seen in the hinge loss", "[hinge]") {
  Operands operands;
  const HingeLoss op = on_logits(operands, operands.constant({50}, 3), 1);  // all others are beyond the margin
  op.logits.as<float>()[37] = std::numeric_limits<float>::quiet_NaN();
  on_both_devices(op, [](const HingeLoss& done) {
    CHECK(std::isnan(*done.loss.as<float>()));
    CHECK(std::isnan(*done.mean_logit.as<float>()));
    CHECK(done.dlogits.as<float>()[36] == 0);
  });
}

TEST_CASE("what the hinge loss refuses and costs", "[hinge]") {
  Operands operands;
  const HingeLoss good = on_logits(operands, operands.result({6}), -1);
  validate(good);
  CHECK(cost(good).flops == 7 * 6);
  CHECK(cost(good).bytes == 4 * (6 + 6 + 2));
  const auto refused = [&](auto&& change) {
    HingeLoss bad = good;
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
  refused([](auto& op) { op.label = 0; });
  refused([](auto& op) { op.label = std::numeric_limits<float>::quiet_NaN(); });
}
