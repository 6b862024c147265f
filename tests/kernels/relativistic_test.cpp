// The relativistic pairing loss, one gradient or both.
#include "kernels/loss/relativistic.h"

#include "tests/kernels/loss_cases.h"

using namespace gan;
using namespace gan::test;

namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

RelativisticLoss on_pairs(Operands& operands, const Tensor& real, const Tensor& fake, float sign,
                          bool both_gradients = true) {
  const auto result = [&](const Shape& shape) { return operands.raw(shape, real.dtype); };
  return {.real = real,
          .fake = fake,
          .loss = result({1}),
          .dreal = both_gradients ? result(real.shape) : Tensor{},
          .dfake = result(real.shape),
          .mean_sigmoid = result({1}),
          .sign = sign};
}

}  // namespace

TEST_CASE("the relativistic loss agrees with its definition", "[relativistic]") {
  Operands operands;
  for (const Shape& shape : kLossShapes)
    for (const float sign : {1.0f, -1.0f})
      for (const bool both : {true, false}) {
        INFO(to_string(shape) << " sign " << sign << " both gradients " << both);
        const RelativisticLoss op =
            on_pairs(operands, operands.uniform(shape, 5, -6, 6), operands.uniform(shape, 6, -6, 6), sign, both);
        // Terms up to 13: the margin, expf and log1pf (2 ulp each), their sum, 1/N.
        expect_cuda_matches_definition(op, rounding_of_mean(shape.count(), 8, 13));
        expect_displaced_cuda_matches_definition(op, rounding_of_mean(shape.count(), 8, 13));
        expect_cpu_matches_definition(op, rounding_of_mean(shape.count(), 8, 13));
        std::list<std::vector<std::byte>> memory;
        const RelativisticLoss want = defined(op, memory);
        on_both_devices(op, [&](const RelativisticLoss& done) {
          // A margin up to 12 is off by 6 epsilon, and e = exp(-|margin|) by as much relative to itself, and 2 ulp of
          // its own; a sum, a quotient, two products.
          expect_close("dfake", done.dfake, want.dfake, {.relative = 12 * kEpsilon});
          if (both) expect_close("dreal", done.dreal, want.dreal, {.relative = 12 * kEpsilon});
          expect_close("mean", done.mean_sigmoid, want.mean_sigmoid, rounding_of_mean(shape.count(), 18, 1));
        });
      }
}

TEST_CASE("the relativistic loss is the logarithm of a probability", "[relativistic]") {
  // Moderate logits, where -log(1 / (1 + exp(-m))) itself is accurate in double.
  Operands operands;
  const std::vector<double> real{-3, -0.5, 0, 0.25, 2, 4}, fake{1, -0.5, 0.125, -2, 5, -1};
  const float sign = GENERATE(1.0f, -1.0f);
  CpuDevice cpu({.threads = 1});
  const RelativisticLoss op = on_pairs(operands, doubles(operands, real), doubles(operands, fake), sign);
  run(op, cpu);
  double loss = 0, mean = 0;
  for (std::size_t i = 0; i < real.size(); ++i) {
    const double s = 1 / (1 + std::exp(-sign * (real[i] - fake[i])));
    loss -= std::log(s) / 6;
    mean += 1 / (1 + std::exp(fake[i] - real[i])) / 6;
    CHECK(std::abs(op.dreal.as<double>()[i] + sign * (1 - s) / 6) < 1e-15);
    CHECK(std::abs(op.dfake.as<double>()[i] - sign * (1 - s) / 6) < 1e-15);
  }
  CHECK(std::abs(*op.loss.as<double>() - loss) < 1e-14);
  CHECK(std::abs(*op.mean_sigmoid.as<double>() - mean) < 1e-15);
}

TEST_CASE("dreal and dfake are the gradients of the relativistic loss", "[relativistic]") {
  Operands operands;
  const float sign = GENERATE(1.0f, -1.0f);
  const auto on_values = [&](const std::vector<double>& values) {
    const std::vector<double> real(values.begin(), values.begin() + 7), fake(values.begin() + 7, values.end());
    const RelativisticLoss op = on_pairs(operands, doubles(operands, real), doubles(operands, fake), sign);
    CpuDevice cpu({.threads = 1});
    run(op, cpu);
    return op;
  };
  const std::vector<double> at{-20, -3, -0.1, 0.1, 1.5, 7, 30, 5, -3, 0.1, 0.3, -2, 8, -4};
  const RelativisticLoss op = on_values(at);
  std::vector<double> gradient(op.dreal.as<double>(), op.dreal.as<double>() + 7);
  gradient.insert(gradient.end(), op.dfake.as<double>(), op.dfake.as<double>() + 7);
  expect_gradient(
      "relativistic", [&](const std::vector<double>& values) { return *on_values(values).loss.as<double>(); }, at,
      gradient, 1e-8);
}

TEST_CASE("extreme logits have a finite relativistic loss and gradient", "[relativistic]") {
  Operands operands;
  const float sign = GENERATE(1.0f, -1.0f), real = GENERATE(1e4f, -1e4f, 1.5e38f, 0.0f),
              fake = GENERATE(1e4f, -1e4f, -1.5e38f, 1e-40f);
  INFO("sign " << sign << " real " << real << " fake " << fake);
  const double margin = sign * (static_cast<double>(real) - fake), e = std::exp(-std::abs(margin));
  const double loss = std::max(-margin, 0.0) + std::log1p(e), doubt = margin >= 0 ? e / (1 + e) : 1 / (1 + e);
  // Forty of them: the plain sum of the largest would overflow where their mean does not.
  const RelativisticLoss op = on_pairs(operands, operands.constant({40}, real), operands.constant({40}, fake), sign);
  on_both_devices(op, [&](const RelativisticLoss& done) {
    const Tolerance relative{.absolute = 1e-44, .relative = 16 * kEpsilon};
    expect_close("loss", done.loss, operands.values({1}, {static_cast<float>(loss)}), relative);
    expect_close("mean", done.mean_sigmoid, operands.values({1}, {static_cast<float>(sign > 0 ? 1 - doubt : doubt)}),
                 relative);
    expect_close("dreal", done.dreal, operands.constant({40}, static_cast<float>(-sign * doubt / 40)), relative);
    expect_close("dfake", done.dfake, operands.constant({40}, static_cast<float>(sign * doubt / 40)), relative);
  });
}

TEST_CASE("a difference of logits that overflows gives an infinite relativistic loss, not a NaN", "[relativistic]") {
  Operands operands;
  const Tensor high = operands.constant({5}, 3e38f), low = operands.constant({5}, -3e38f);
  std::list<std::vector<std::byte>> memory;
  const RelativisticLoss lost = run_on_cuda(on_pairs(operands, low, high, 1), memory);
  CHECK(*lost.loss.as<float>() == std::numeric_limits<float>::infinity());
  CHECK(*lost.mean_sigmoid.as<float>() == 0);
  CHECK(std::abs(lost.dfake.as<float>()[3] - 0.2f) <= kEpsilon);
  const RelativisticLoss won = run_on_cuda(on_pairs(operands, high, low, 1), memory);
  CHECK(*won.loss.as<float>() == 0);
  CHECK(won.dfake.as<float>()[3] == 0);
}

TEST_CASE("a NaN in a pair is seen in the relativistic loss", "[relativistic]") {
  Operands operands;
  const bool in_real = GENERATE(false, true);
  const RelativisticLoss op = on_pairs(operands, operands.constant({50}, 1), operands.constant({50}, 2), 1);
  (in_real ? op.real : op.fake).as<float>()[37] = std::numeric_limits<float>::quiet_NaN();
  on_both_devices(op, [](const RelativisticLoss& done) {
    CHECK(std::isnan(*done.loss.as<float>()));
    CHECK(std::isnan(*done.mean_sigmoid.as<float>()));
    for (const Tensor& gradient : {done.dreal, done.dfake})
      for (int i = 0; i < 50; ++i) REQUIRE(std::isnan(gradient.as<float>()[i]) == (i == 37));
  });
}

TEST_CASE("what the relativistic loss refuses and costs", "[relativistic]") {
  Operands operands;
  const RelativisticLoss good = on_pairs(operands, operands.result({6}), operands.result({6}), 1);
  validate(good);
  CHECK(cost(good).flops == 14 * 6);
  CHECK(cost(good).bytes == 4 * (4 * 6 + 2));
  CHECK(cost(on_pairs(operands, good.real, good.fake, 1, false)).bytes == 4 * (3 * 6 + 2));
  const auto refused = [&](auto&& change) {
    RelativisticLoss bad = good;
    change(bad);
    REQUIRE_THROWS_AS(validate(bad), Error);
  };
  refused([](auto& op) { op.real = Tensor{}; });
  refused([](auto& op) { op.fake = Tensor{}; });
  refused([&](auto& op) { op.fake = operands.result({2, 3}); });
  refused([&](auto& op) { op.real = operands.bytes({6}, 1); });
  refused([&](auto& op) { op.real = op.fake = op.dreal = op.dfake = operands.result({0}); });
  refused([&](auto& op) { op.dreal = operands.result({5}); });
  refused([](auto& op) { op.dfake = Tensor{}; });
  refused([&](auto& op) { op.loss = operands.result({2}); });
  refused([&](auto& op) { op.mean_sigmoid = operands.raw({1}, DType::F64); });
  refused([](auto& op) { op.sign = 0.5f; });
}
