// z = alpha x + beta y: exact on whole numbers.
#include "kernels/elementwise/sum.h"

#include <cmath>
#include <limits>
#include <list>

#include "kernels/elementwise/elementwise.h"
#include "tests/kernels/displaced_operands.h"
#include "tests/support/catch.h"
#include "tests/support/instruction_test.h"

using namespace gan;
using namespace gan::test;

namespace {

const Shape kShapes[] = {{}, {1}, {3}, {4}, {7, 9}, {2, 3, 5, 7}, {1, 1, 1, 1024}, {4099}, {6, 16, 33}};

/// One past what the largest grid covers in one go: the loop runs a second time.
constexpr std::int64_t kBeyondOneGrid = 16 * 132 * 256 * 4 + 5;

template <class Instruction>
void expect_refused(const Instruction& instruction) {
  REQUIRE_THROWS_AS(validate(instruction), Error);
}

}  // namespace

TEST_CASE("the weighted sum of two tensors", "[sum]") {
  Operands operands;
  for (const Shape& shape : kShapes) {
    const Sum sum{.x = operands.integers(shape, 1),
                  .y = operands.integers(shape, 2),
                  .z = operands.result(shape),
                  .alpha = -3,
                  .beta = 5};
    expect_cuda_matches_definition(sum, {});
    expect_cpu_matches_definition(sum, {});
    for (const char* only : {"", "x", "y", "z"}) expect_displaced_cuda_matches_definition(sum, {}, only);
  }
}

TEST_CASE("a sum runs as often as the array asks", "[sum]") {
  Operands operands;
  const Shape shape{kBeyondOneGrid};
  const Sum sum{
      .x = operands.integers(shape, 1), .y = operands.integers(shape, 2), .z = operands.result(shape), .alpha = 2};
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 3});
  const Sum want = clone_operands(sum, memory);
  run(want, cpu);
  expect_same_results(run_on_cuda(sum, memory), want, {});
}

TEST_CASE("a sum may overwrite what it adds to", "[sum]") {
  Operands operands;
  const Shape shape{1027};
  const Tensor x = operands.integers(shape, 1), y = operands.integers(shape, 2);
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 2});
  const Sum apart = clone_operands(Sum{.x = x, .y = y, .z = operands.result(shape), .alpha = 2, .beta = -1}, memory);
  run(apart, cpu);
  for (const bool into_x : {false, true}) {
    const auto poured = [&](const Tensor& from) {  // clones poison what is written: pour the content in again
      return clone_operands(Copy{.x = from, .y = operands.result(shape)}, memory).x;
    };
    const Tensor own_x = poured(x), own_y = poured(y);
    const Sum in_place{.x = own_x, .y = own_y, .z = into_x ? own_x : own_y, .alpha = 2, .beta = -1};
    run(in_place, cpu);
    expect_close("in place", in_place.z, apart.z, {});
  }
}

TEST_CASE("a sum lets NaN through, and only where it is", "[sum]") {
  Operands operands;
  const Sum sum{.x = operands.constant({9}, 1), .y = operands.constant({9}, 2), .z = operands.result({9}), .alpha = 0};
  sum.x.as<float>()[5] = std::numeric_limits<float>::quiet_NaN();
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const Sum on_cpu = clone_operands(sum, memory);
  run(on_cpu, cpu);
  for (const Sum& done : {on_cpu, run_on_cuda(sum, memory)})
    for (int i = 0; i < 9; ++i) {
      if (i == 5) REQUIRE(std::isnan(done.z.as<float>()[i]));
      else REQUIRE(done.z.as<float>()[i] == 2);
    }
}

TEST_CASE("a sum of nothing is no work", "[sum]") {
  Operands operands;
  const Shape empty{3, 0, 2};
  expect_no_work(Sum{.x = operands.result(empty), .y = operands.result(empty), .z = operands.result(empty)});
}

TEST_CASE("what a sum refuses and costs", "[sum]") {
  Operands operands;
  const Tensor four = operands.integers({4}, 1), five = operands.integers({5}, 1), bytes = operands.bytes({4}, 1);
  expect_refused(Sum{.x = four, .y = five, .z = four});
  expect_refused(Sum{.x = four, .y = four, .z = five});
  expect_refused(Sum{.x = bytes, .y = bytes, .z = bytes});
  expect_refused(Sum{.x = four, .z = four});
  const Sum sum{.x = four, .y = four, .z = four};
  CHECK(cost(sum).flops == 12);
  CHECK(cost(sum).bytes == 48);
}
