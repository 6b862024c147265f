// Channels to pixels and back.
#include "kernels/resample/pixel_shuffle.h"

#include <numeric>

#include "tests/kernels/displaced_operands.h"

using namespace gan;
using namespace gan::test;

namespace {

/// The image with more pixels, and the factor.
struct Case {
  Shape pixels;
  std::int64_t factor;
};

const std::vector<Case> kCases = {
    {{1, 1, 1, 1}, 1},    // one number
    {{3, 2, 3, 5}, 1},    // nothing moves
    {{2, 6, 4, 1}, 2},    // one channel; packed in vectors
    {{2, 4, 10, 3}, 2},   // H != W
    {{1, 2, 2, 300}, 2},  // more columns than a block has threads
    {{2, 9, 6, 2}, 3},    // nine at a time
    {{1, 8, 4, 5}, 4},    // sixteen
    {{41, 4, 6, 33}, 2},  // more rows than a block takes at once; one channel beyond a warp
};

Shape packed_of(const Case& c) {
  const Shape& s = c.pixels;
  return {s[0], s[1] / c.factor, s[2] / c.factor, s[3] * c.factor * c.factor};
}

PixelShuffle on_case(Operands& operands, const Case& c, bool inverse) {
  const Shape packed = packed_of(c);
  return {.factor = c.factor,
          .inverse = inverse,
          .x = operands.uniform(inverse ? c.pixels : packed, 1),
          .y = operands.result(inverse ? packed : c.pixels)};
}

}  // namespace

TEST_CASE("pixel shuffle agrees with its definition", "[pixel_shuffle]") {
  Operands operands;
  for (const Case& c : kCases)
    for (const bool inverse : {false, true}) {
      INFO(to_string(c.pixels) << ", factor " << c.factor << ", inverse " << inverse);
      const PixelShuffle op = on_case(operands, c, inverse);
      expect_cuda_matches_definition(op, {});
      expect_cpu_matches_definition(op, {});
      for (const char* only : {"", "x", "y"}) expect_displaced_cuda_matches_definition(op, {}, only);
    }
}

TEST_CASE("the inverse undoes the shuffle and is its adjoint", "[pixel_shuffle]") {
  Operands operands;
  for (const Case& c : kCases) {
    INFO(to_string(c.pixels) << ", factor " << c.factor);
    std::list<std::vector<std::byte>> memory;
    PixelShuffle forward = on_case(operands, c, false), back = on_case(operands, c, true);
    forward.x = operands.integers(forward.x.shape, 1);
    back.x = operands.integers(back.x.shape, 2);
    const PixelShuffle shuffled = run_on_cuda(forward, memory);
    CHECK(dot(shuffled.y, back.x) == dot(forward.x, run_on_cuda(back, memory).y));
    back.x = shuffled.y;
    expect_close("undone", run_on_cuda(back, memory).y, forward.x, {});
  }
}

TEST_CASE("channels become pixels in PyTorch's order", "[pixel_shuffle]") {
  // torch.nn.PixelShuffle(2)(torch.arange(16.).reshape(1, 8, 1, 2)), and with it the channels of one pixel side by side:
  // [[[[0, 2, 1, 3], [4, 6, 5, 7]], [[8, 10, 9, 11], [12, 14, 13, 15]]]].
  Operands operands;
  std::list<std::vector<std::byte>> memory;
  const Tensor packed =
      operands.values({1, 1, 2, 8}, {0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15});  // channels last
  const Tensor pixels = operands.values({1, 2, 4, 2}, {0, 8, 2, 10, 1, 9, 3, 11, 4, 12, 6, 14, 5, 13, 7, 15});
  CpuDevice cpu({.threads = 1});
  const PixelShuffle op{.x = packed, .y = operands.result(pixels.shape)};
  run(op, cpu);
  expect_close("cpu", op.y, pixels, {});
  expect_close("cuda", run_on_cuda(op, memory).y, pixels, {});
}

TEST_CASE("what pixel shuffle refuses and costs", "[pixel_shuffle]") {
  Operands operands;
  expect_no_work(on_case(operands, {{0, 4, 4, 3}, 2}, false));
  expect_no_work(on_case(operands, {{2, 4, 4, 0}, 2}, true));
  for (const bool inverse : {false, true}) {
    const PixelShuffle good = on_case(operands, {{2, 4, 6, 3}, 2}, inverse);
    validate(good);
    CHECK(cost(good).flops == 0);
    CHECK(cost(good).bytes == 2 * 4 * 144);
    const auto refused = [&](auto&& change) {
      PixelShuffle bad = good;
      change(bad);
      REQUIRE_THROWS_AS(validate(bad), Error);
    };
    refused([](PixelShuffle& op) { op.x = Tensor{}; });
    refused([](PixelShuffle& op) { op.y = Tensor{}; });
    refused([](PixelShuffle& op) { op.factor = 0; });
    refused([](PixelShuffle& op) { op.factor = 4; });
    refused([](PixelShuffle& op) { op.inverse = !op.inverse; });
    refused([&](PixelShuffle& op) { op.x = operands.result({2, 12, 12}); });
    refused([&](PixelShuffle& op) { op.y = operands.raw(op.y.shape, DType::F64); });
  }
}
