// z = alpha x + beta y: exact on whole numbers.
#include "kernels/elementwise/sum.h"

#include <limits>

#include "tests/kernels/displaced_operands.h"
#include "tests/support/catch.h"
#include "tests/support/instruction_test.h"

using namespace gan;
using namespace gan::test;

namespace {

const Shape kShapes[] = {{}, {1}, {3}, {4}, {7, 9}, {2, 3, 5, 7}, {1, 1, 1, 1024}, {4099}, {6, 16, 33}};

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

TEST_CASE("a sum may overwrite what it adds to", "[sum]") {
  Operands operands;
  const Tensor x = operands.integers({1027}, 1), y = operands.integers({1027}, 2);
  expect_cuda_matches_definition(Sum{.x = x, .y = y, .z = x, .alpha = 2, .beta = -1}, {});
  expect_cpu_matches_definition(Sum{.x = x, .y = y, .z = y, .alpha = 2, .beta = -1}, {});
}

TEST_CASE("a sum of nothing is no work", "[sum]") {
  Operands operands;
  const Shape empty{3, 0, 2};
  expect_no_work(Sum{.x = operands.result(empty), .y = operands.result(empty), .z = operands.result(empty)});
}

TEST_CASE("what a sum refuses and costs", "[sum]") {
  Operands operands;
  const Tensor four = operands.integers({4}, 1), five = operands.integers({5}, 1), bytes = operands.raw({4}, DType::U8);
  expect_refused(Sum{.x = four, .y = five, .z = four});
  expect_refused(Sum{.x = four, .y = four, .z = five});
  expect_refused(Sum{.x = bytes, .y = bytes, .z = bytes});
  expect_refused(Sum{.x = four, .z = four});
  const Sum sum{.x = four, .y = four, .z = four};
  CHECK(cost(sum).flops == 12);
  CHECK(cost(sum).bytes == 48);
}
