// The weighted mean of the critic's outputs, and its gradient.
#include "kernels/loss/wasserstein.h"

#include "tests/kernels/displaced_operands.h"

using namespace gan;
using namespace gan::test;

namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

WassersteinLoss on_logits(Operands& operands, const Tensor& logits, float weight) {
  return {.logits = logits,
          .loss = operands.raw({1}, logits.dtype),
          .dlogits = operands.raw(logits.shape, logits.dtype),
          .weight = weight};
}

/// fp32 against double: a term is rounded three times; a thread adds up to terms / 1024 of them, ten trees follow. The
/// terms' magnitudes sum to `largest` at most, whatever N is.
Tolerance rounding(std::int64_t terms, double largest) {
  return {.absolute = 0.5 * kEpsilon * (4 + static_cast<double>(terms) / 1024 + 10) * largest};
}

const std::vector<Shape> kShapes = {
    {1},            // a single logit: most lanes idle
    {31, 1},        // one short of a warp
    {33},           // one past a warp: the last warp nearly empty
    {64, 1, 1, 1},  // a usual batch
    {1024},         // the whole block, every warp full
    {1025},         // one thread goes round twice
    {5, 7, 100},    // everyone goes round, unevenly
};

}  // namespace

TEST_CASE("the wasserstein loss agrees with its definition", "[wasserstein]") {
  Operands operands;
  for (const Shape& shape : kShapes)
    for (const float weight : {1.0f, -1.0f, 0.3f}) {
      INFO(to_string(shape) << " weight " << weight);
      const WassersteinLoss op = on_logits(operands, operands.uniform(shape, 5, -12, 12), weight);
      expect_cuda_matches_definition(op, rounding(shape.count(), 12));
      expect_displaced_cuda_matches_definition(op, rounding(shape.count(), 12));
      expect_cpu_matches_definition(op, rounding(shape.count(), 12));
    }
}

TEST_CASE("the wasserstein loss is exact on whole numbers and powers of two", "[wasserstein]") {
  // 2,048 whole numbers sum exactly, and so do their 2048ths; dlogits is a power of two.
  Operands operands;
  const WassersteinLoss op = on_logits(operands, operands.integers({2048}, 7), -4);
  double sum = 0;
  for (int i = 0; i < 2048; ++i) sum += op.logits.as<float>()[i];
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const WassersteinLoss on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const WassersteinLoss& done : {on_cpu, run_on_cuda(op, memory)}) {
    CHECK(*done.loss.as<float>() == -4 * sum / 2048);
    for (int i = 0; i < 2048; ++i) REQUIRE(done.dlogits.as<float>()[i] == -0x1p-9f);
  }
}

TEST_CASE("dlogits is the gradient of the wasserstein loss", "[wasserstein]") {
  Operands operands;
  const auto on_values = [&](const std::vector<double>& values) {
    const Tensor logits = operands.raw({static_cast<std::int64_t>(values.size())}, DType::F64);
    std::copy(values.begin(), values.end(), logits.as<double>());
    const WassersteinLoss op = on_logits(operands, logits, -2.5f);
    CpuDevice cpu({.threads = 1});
    run(op, cpu);
    return op;
  };
  const std::vector<double> at{-20, -3, -0.1, 0.1, 1.5, 7, 30};
  const double* const gradient = on_values(at).dlogits.as<double>();
  expect_gradient(
      "wasserstein", [&](const std::vector<double>& values) { return *on_values(values).loss.as<double>(); }, at,
      {gradient, gradient + at.size()}, 1e-8);
}

TEST_CASE("the mean of huge outputs is finite", "[wasserstein]") {
  Operands operands;
  const WassersteinLoss op = on_logits(operands, operands.constant({40}, 3e38f), -1);
  std::list<std::vector<std::byte>> memory;
  CHECK(std::abs(*run_on_cuda(op, memory).loss.as<float>() / -3e38 - 1) < 16 * kEpsilon);
}

TEST_CASE("a NaN among the critic's outputs is seen in the loss", "[wasserstein]") {
  Operands operands;
  const WassersteinLoss op = on_logits(operands, operands.constant({50}, 1), 1);
  op.logits.as<float>()[37] = std::numeric_limits<float>::quiet_NaN();
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const WassersteinLoss on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const WassersteinLoss& done : {on_cpu, run_on_cuda(op, memory)}) CHECK(std::isnan(*done.loss.as<float>()));
}

TEST_CASE("what the wasserstein loss refuses and costs", "[wasserstein]") {
  Operands operands;
  const WassersteinLoss good = on_logits(operands, operands.result({6}), 1);
  validate(good);
  CHECK(cost(good).flops == 12);
  CHECK(cost(good).bytes == 4 * (6 + 6 + 1));
  const auto refused = [&](auto&& change) {
    WassersteinLoss bad = good;
    change(bad);
    REQUIRE_THROWS_AS(validate(bad), Error);
  };
  refused([](auto& op) { op.logits = Tensor{}; });
  refused([&](auto& op) { op.logits = operands.bytes({6}, 1); });
  refused([&](auto& op) { op.logits = op.dlogits = operands.result({0}); });
  refused([&](auto& op) { op.dlogits = operands.result({5}); });
  refused([&](auto& op) { op.loss = operands.result({2}); });
  refused([&](auto& op) { op.loss = operands.raw({1}, DType::F64); });
  refused([](auto& op) { op.weight = std::numeric_limits<float>::infinity(); });
}
