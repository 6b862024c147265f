// The search for numbers that are not finite, and the optimiser that obeys it.
#include "kernels/optimizer/finite_check.h"

#include "kernels/optimizer/adam.h"
#include "tests/kernels/displaced_operands.h"

using namespace gan;
using namespace gan::test;

namespace {

/// One past what the largest grid covers in one go: the loop runs a second time.
constexpr std::int64_t kBeyondOneGrid = 8 * 132 * 256 * 4 + 5;

void expect_everywhere(const FiniteCheck& op) {
  expect_cpu_matches_definition(op, {});
  expect_cuda_matches_definition(op, {});
}

}  // namespace

TEST_CASE("finite numbers are no fault", "[finite_check]") {
  for (const std::int64_t count : {std::int64_t{1}, std::int64_t{7}, std::int64_t{1025}}) {
    Operands o;
    const Tensor x = o.uniform({count}, 1);
    x.as<float>()[0] = std::numeric_limits<float>::max();
    x.as<float>()[count - 1] = std::numeric_limits<float>::denorm_min();
    FiniteCheck op{.iteration = o.counter(4), .x = x, .fault = o.counter(0)};
    expect_everywhere(op);
    CpuDevice cpu({.threads = 1});
    run(op, cpu);
    CHECK(*op.fault.as<std::uint64_t>() == 0);
  }
}

TEST_CASE("a fault is found wherever it is, and dated", "[finite_check]") {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();
  for (const float bad : {kNan, kInfinity, -kInfinity})
    for (const std::int64_t at : {0, 3, 513, 1023, 1024}) {  // first, in a vector, in the middle, last vector, tail
      INFO(bad << " at " << at);
      Operands o;
      const Tensor x = o.uniform({1025}, 1);
      x.as<float>()[at] = bad;
      FiniteCheck op{.iteration = o.counter(4), .x = x, .fault = o.counter(0)};
      expect_everywhere(op);
      expect_displaced_cuda_matches_definition(op, {});
      CpuDevice cpu({.threads = 2});
      run(op, cpu);
      CHECK(*op.fault.as<std::uint64_t>() == 5);
    }
}

TEST_CASE("a fault stays as it was first dated", "[finite_check]") {
  Operands o;
  const FiniteCheck op{.iteration = o.counter(9), .x = o.constant({5}, std::nanf("")), .fault = o.counter(3)};
  expect_everywhere(op);
  CpuDevice cpu({.threads = 1});
  run(op, cpu);
  CHECK(*op.fault.as<std::uint64_t>() == 3);
}

TEST_CASE("a fault beyond one grid is found", "[finite_check]") {
  Operands o;
  const Tensor x = o.constant({kBeyondOneGrid}, 1);
  x.as<float>()[kBeyondOneGrid - 1] = std::nanf("");
  std::list<std::vector<std::byte>> memory;
  const FiniteCheck op{.iteration = o.counter(0), .x = x, .fault = o.counter(0)};
  CHECK(*run_on_cuda(op, memory).fault.as<std::uint64_t>() == 1);
  x.as<float>()[kBeyondOneGrid - 1] = 1;
  x.as<float>()[kBeyondOneGrid - 6] = std::nanf("");
  CHECK(*run_on_cuda(op, memory).fault.as<std::uint64_t>() == 1);
}

TEST_CASE("Adam changes nothing after a fault", "[finite_check]") {
  Operands o;
  const Shape shape{37};
  Adam op{.iteration = o.counter(2),
          .fault = o.counter(3),
          .gradient = o.uniform(shape, 1),
          .parameter = o.uniform(shape, 2),
          .m = o.uniform(shape, 3),
          .v = o.uniform(shape, 4, 0.5f, 1)};
  expect_cpu_matches_definition(op, {});
  expect_cuda_matches_definition(op, {});
  std::list<std::vector<std::byte>> memory;
  const Adam after = run_on_cuda(op, memory);
  expect_close("parameter", after.parameter, op.parameter, {});
  expect_close("m", after.m, op.m, {});
  op.fault = o.counter(0);
  const Adam updated = run_on_cuda(op, memory);
  CHECK(updated.parameter.as<float>()[0] != op.parameter.as<float>()[0]);
}

TEST_CASE("what a finite check refuses", "[finite_check]") {
  Operands o;
  CHECK_THROWS_AS(validate(FiniteCheck{.iteration = o.counter(0), .x = o.bytes({3}, 1), .fault = o.counter(0)}), Error);
  CHECK_THROWS_AS(validate(FiniteCheck{.iteration = o.counter(0), .x = o.result({3}), .fault = o.result({1})}), Error);
}
