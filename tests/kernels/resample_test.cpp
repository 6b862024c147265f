// Nearest-neighbour upsampling and sums over windows.
#include "kernels/resample/resample.h"

#include "tests/kernels/displaced_operands.h"

using namespace gan;
using namespace gan::test;

namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

/// The smaller image and the window.
struct Case {
  Shape small;
  Window window;
};

const std::vector<Case> kCases = {
    {{1, 1, 1, 1}, {1, 1}},     // one number
    {{2, 3, 5, 1}, {2, 2}},     // one channel
    {{3, 4, 2, 3}, {2, 3}},     // a window that is not square; no vectors
    {{2, 2, 3, 8}, {3, 2}},     // vectors
    {{5, 1, 1, 33}, {4, 7}},    // a whole image in a window; one channel beyond a warp
    {{1, 1, 1, 4}, {31, 9}},    // the same in vectors, few threads
    {{2, 7, 5, 132}, {2, 2}},   // more columns of vectors than a tile has
    {{70, 9, 2, 2}, {1, 2}},    // more rows than a block has
    {{3, 11, 1, 260}, {2, 1}},  // tiles that are not full
};

Shape large_of(const Case& c) {
  return {c.small[0], c.small[1] * c.window.height, c.small[2] * c.window.width, c.small[3]};
}

std::string text(const Case& c) {
  return fmt::format("{}, window {}x{}", to_string(c.small), c.window.height, c.window.width);
}

}  // namespace

TEST_CASE("upsampling agrees with its definition", "[resample]") {
  Operands operands;
  for (const Case& c : kCases)
    for (const float scale : {1.0f, 0.3f}) {
      INFO(text(c) << ", scale " << scale);
      const Upsample op{
          .window = c.window, .scale = scale, .x = operands.uniform(c.small, 1), .y = operands.result(large_of(c))};
      const Tolerance tolerance{.absolute = 0.5 * kEpsilon};  // one product of numbers up to 1
      expect_cuda_matches_definition(op, tolerance);
      expect_cpu_matches_definition(op, tolerance);
      for (const char* only : {"", "x", "y"}) expect_displaced_cuda_matches_definition(op, tolerance, only);
    }
}

TEST_CASE("sums over windows agree with their definition", "[resample]") {
  Operands operands;
  for (const Case& c : kCases)
    for (const float scale : {1.0f, 0.3f}) {
      INFO(text(c) << ", scale " << scale);
      const SumPool op{
          .window = c.window, .scale = scale, .x = operands.uniform(large_of(c), 1), .y = operands.result(c.small)};
      // A sum of numbers up to 1, each or all rounded once more by the scale.
      const std::int64_t terms = c.window.height * c.window.width;
      const Tolerance tolerance{.absolute = rounding_of_sum(terms).absolute * 3 + 0.5 * kEpsilon, .relative = kEpsilon};
      expect_cuda_matches_definition(op, tolerance);
      expect_cpu_matches_definition(op, tolerance);
      for (const char* only : {"", "x", "y"}) expect_displaced_cuda_matches_definition(op, tolerance, only);
    }
}

TEST_CASE("both are exact on whole numbers, and each other's adjoint", "[resample]") {
  Operands operands;
  for (const Case& c : kCases) {
    INFO(text(c));
    const Upsample up{
        .window = c.window, .scale = 0.5f, .x = operands.integers(c.small, 1), .y = operands.result(large_of(c))};
    const SumPool sum{
        .window = c.window, .scale = 0.5f, .x = operands.integers(large_of(c), 2), .y = operands.result(c.small)};
    expect_cuda_matches_definition(up, {});
    expect_cpu_matches_definition(up, {});
    expect_cuda_matches_definition(sum, {});
    expect_cpu_matches_definition(sum, {});
    std::list<std::vector<std::byte>> memory;
    CHECK(dot(run_on_cuda(up, memory).y, sum.x) == dot(up.x, run_on_cuda(sum, memory).y));
  }
}

TEST_CASE("where pixels come from", "[resample]") {
  Operands operands;
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 2});
  const Upsample up{
      .window = {2, 3}, .x = operands.values({1, 2, 2, 1}, {1, 2, 3, 4}), .y = operands.result({1, 4, 6, 1})};
  const Tensor copies = operands.values({1, 4, 6, 1}, {1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2,  //
                                                       3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4});
  const SumPool sum{.window = {1, 2},
                    .scale = 0.5f,
                    .x = operands.values({1, 2, 4, 1}, {1, 3, 5, 7, 2, 4, 6, 8}),
                    .y = operands.result({1, 2, 2, 1})};
  const Tensor means = operands.values({1, 2, 2, 1}, {2, 6, 3, 7});
  run(up, cpu);
  run(sum, cpu);
  expect_close("cpu", up.y, copies, {});
  expect_close("cpu", sum.y, means, {});
  expect_close("cuda", run_on_cuda(up, memory).y, copies, {});
  expect_close("cuda", run_on_cuda(sum, memory).y, means, {});
}

TEST_CASE("what upsampling and sums over windows refuse and cost", "[resample]") {
  Operands operands;
  for (const Shape& empty : {Shape{0, 2, 2, 3}, Shape{2, 0, 2, 3}, Shape{2, 2, 2, 0}}) {
    expect_no_work(Upsample{.x = operands.result(empty), .y = operands.result(large_of({empty, {}}))});
    expect_no_work(SumPool{.x = operands.result(large_of({empty, {}})), .y = operands.result(empty)});
  }
  const Upsample up{.window = {2, 3}, .x = operands.result({2, 4, 4, 3}), .y = operands.result({2, 8, 12, 3})};
  const SumPool sum{.window = {2, 3}, .x = operands.result({2, 8, 12, 3}), .y = operands.result({2, 4, 4, 3})};
  validate(up);
  validate(sum);
  CHECK(cost(up).flops == 96);
  CHECK(cost(up).bytes == 4 * (96 + 576));
  CHECK(cost(sum).flops == 576 + 96);
  CHECK(cost(sum).bytes == 4 * (96 + 576));
  const auto refused = [&](auto good, auto&& change) {
    change(good);
    REQUIRE_THROWS_AS(validate(good), Error);
  };
  const auto both_refused = [&](auto&& change) {
    refused(up, change);
    refused(sum, change);
  };
  both_refused([](auto& op) { op.x = Tensor{}; });
  both_refused([](auto& op) { op.y = Tensor{}; });
  both_refused([](auto& op) { op.window.height = 3; });
  both_refused([](auto& op) { op.window.width = 2; });
  both_refused([](auto& op) { op.window.height = 0; });
  both_refused([](auto& op) { op.window.width = -3; });
  both_refused([&](auto& op) { op.x = operands.result({2, 4, 12}); });
  both_refused([&](auto& op) { op.y = operands.raw(op.y.shape, DType::F64); });
}
