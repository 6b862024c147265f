// Weight clipping: exact, whatever the parameters are.
#include "kernels/optimizer/clip.h"

#include "tests/kernels/displaced_operands.h"

using namespace gan;
using namespace gan::test;

namespace {

/// Parameter counts that meet every path of the flat loop.
const std::vector<Shape> kShapes = {{1}, {4}, {7}, {3, 5, 5, 3}, {1025}};

/// One past what the largest grid covers in one go: the loop runs a second time.
constexpr std::int64_t kBeyondOneGrid = 16 * 132 * 256 * 4 + 5;

}  // namespace

TEST_CASE("clipping keeps parameters in the box", "[clip]") {
  Operands operands;
  for (const Shape& shape : kShapes)
    for (const bool with_fault : {false, true}) {
      INFO(to_string(shape));
      Clip op{.parameter = operands.uniform(shape, 1), .limit = 0.25f};
      if (with_fault) op.fault = operands.counter(0);
      expect_cuda_matches_definition(op, {});
      expect_displaced_cuda_matches_definition(op, {});
      expect_cpu_matches_definition(op, {});
    }
}

TEST_CASE("the box has its bounds, and NaN is not in it", "[clip]") {
  Operands operands;
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const float limit = 0.01f, above = std::nextafter(limit, 1.0f), below = std::nextafter(limit, 0.0f);
  const std::vector<float> before{0, -0.0f, below, -below, limit, -limit, above, -above, infinity, -infinity, nan, 1};
  const std::vector<float> after{0, -0.0f, below, -below, limit, -limit, limit, -limit, limit, -limit, nan, limit};
  const Clip op{.parameter = operands.values({12}, before)};
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const Clip on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const Clip& done : {on_cpu, run_on_cuda(op, memory)})
    for (std::size_t i = 0; i < after.size(); ++i) {
      INFO(before[i]);
      const float got = done.parameter.as<float>()[i];
      if (std::isnan(before[i])) REQUIRE(std::isnan(got));
      else REQUIRE(got == after[i]);
      REQUIRE(std::signbit(got) == std::signbit(after[i]));
    }
}

TEST_CASE("clipping loops as often as the parameters ask", "[clip]") {
  Operands operands;
  const Clip op{.parameter = operands.uniform({kBeyondOneGrid}, 3), .limit = 0.5f};
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 3});
  const Clip want = clone_operands(op, memory);
  run(want, cpu);
  expect_same_results(run_on_cuda(op, memory), want, {});
}

TEST_CASE("nothing is clipped after a fault", "[clip]") {
  Operands operands;
  const Clip op{.fault = operands.counter(3), .parameter = operands.uniform({11}, 1, 1, 2)};
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const Clip on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const Clip& done : {on_cpu, run_on_cuda(op, memory)})
    expect_close("parameter", done.parameter, op.parameter, {});
}

TEST_CASE("what clipping refuses and costs", "[clip]") {
  Operands operands;
  expect_no_work(Clip{.parameter = operands.result({0})});
  const Clip good{.fault = operands.counter(0), .parameter = operands.result({6})};
  validate(good);
  CHECK(cost(good).flops == 12);
  CHECK(cost(good).bytes == 8 * 6 + 8);
  const auto refused = [&](auto&& change) {
    Clip bad = good;
    change(bad);
    REQUIRE_THROWS_AS(validate(bad), Error);
  };
  refused([](Clip& op) { op.parameter = Tensor{}; });
  refused([&](Clip& op) { op.parameter = operands.bytes({6}, 1); });
  refused([&](Clip& op) { op.fault = operands.raw({2}, DType::U64); });
  refused([&](Clip& op) { op.fault = operands.result({1}); });
  refused([](Clip& op) { op.limit = 0; });
  refused([](Clip& op) { op.limit = std::numeric_limits<float>::infinity(); });
  refused([](Clip& op) { op.limit = std::numeric_limits<float>::quiet_NaN(); });
}
