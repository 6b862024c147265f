#include "kernels/linear/bias.h"

#include <cmath>
#include <functional>

#include "kernels/core/cuda/column_grid.h"
#include "tests/support/instruction_test.h"

using namespace gan;
using namespace gan::test;

namespace {

struct Case {
  Shape shape;
  const char* reason;
};

const std::vector<Case> kCases = {
    {{1, 1}, "every loop runs once"},
    {{5}, "rank 1: a single row"},
    {{7, 1}, "one channel: a row is one float"},
    {{2049, 1}, "one channel, one row past a slice: the slices are folded"},
    {{300, 3}, "3 channels: 85 rows at a time and an idle thread"},
    {{2, 5, 9, 3}, "four axes"},
    {{9, 4}, "a single column of four"},
    {{2050, 4}, "a single column of four, two slices"},
    {{1, 32}, "one row of a whole warp"},
    {{500, 33}, "one past a warp: two tiles of 17, the second cut off; five slices"},
    {{31, 64}, "16 columns of four, 16 rows at a time: one round and all but one row of the next"},
    {{65, 128}, "32 columns of four; one row past a slice"},
    {{33, 132}, "one column of four past a tile"},
    {{8, 1000}, "many tiles, the last cut off"},
    {{2200, 128}, "so many slices that folding them takes four rows at a time"},
    {{1, 37, 43, 66}, "several threads of the CPU"},
};

BiasAdd add_of(Operands& operands, const Shape& shape) {
  const std::int64_t channels = shape[shape.rank - 1];
  return {.x = operands.integers(shape, 1), .bias = operands.integers({channels}, 2), .y = operands.result(shape)};
}

BiasGradient gradient_of(Operands& operands, const Shape& shape, ParamGrad mode) {
  const std::int64_t channels = shape[shape.rank - 1], rows = shape.count() / channels;
  return {.dy = operands.integers(shape, 3),
          .dbias = operands.integers({channels}, 4),
          .workspace = operands.result({BiasGradient::workspace_count(rows, channels)}),
          .mode = mode};
}

}  // namespace

TEST_CASE("bias: add is exact on whole numbers", "[bias]") {
  const Case& c = GENERATE(from_range(kCases.begin(), kCases.end()));
  INFO(c.reason);
  Operands operands;
  const BiasAdd add = add_of(operands, c.shape);
  expect_cuda_matches_definition(add, {});
  expect_cpu_matches_definition(add, {});
}

TEST_CASE("bias: the gradient is exact on whole numbers, overwritten or accumulated", "[bias]") {
  const Case& c = GENERATE(from_range(kCases.begin(), kCases.end()));
  const ParamGrad mode = GENERATE(ParamGrad::Overwrite, ParamGrad::Accumulate);
  INFO(c.reason << ", mode " << static_cast<int>(mode));
  Operands operands;
  const BiasGradient gradient = gradient_of(operands, c.shape, mode);
  expect_cuda_matches_definition(gradient, {});
  expect_cpu_matches_definition(gradient, {});
}

TEST_CASE("bias: the gradient of reals is rounded as a sum is", "[bias]") {
  Operands operands;
  BiasGradient gradient = gradient_of(operands, {3000, 7}, ParamGrad::Overwrite);
  gradient.dy = operands.uniform({3000, 7}, 5);
  expect_cuda_matches_definition(gradient, rounding_of_sum(3000));
  expect_cpu_matches_definition(gradient, rounding_of_sum(3000));
}

TEST_CASE("bias: no rows", "[bias]") {
  const ParamGrad mode = GENERATE(ParamGrad::Overwrite, ParamGrad::Accumulate);
  Operands operands;
  const BiasAdd add{.x = operands.result({0, 5}), .bias = operands.integers({5}, 1), .y = operands.result({0, 5})};
  expect_cuda_matches_definition(add, {});
  expect_cpu_matches_definition(add, {});
  const BiasGradient gradient{.dy = operands.result({0, 5}),
                              .dbias = operands.integers({5}, 2),
                              .workspace = operands.result({BiasGradient::workspace_count(0, 5)}),
                              .mode = mode};
  expect_cuda_matches_definition(gradient, {});
  expect_cpu_matches_definition(gradient, {});
}

TEST_CASE("bias: the gradient is the adjoint of the addition", "[bias]") {
  // <broadcast(b), g> = <b, sum(g)>, exactly: broadcast(b) is 0 + b.
  const Shape shape{41, 12};
  Operands operands;
  BiasAdd add = add_of(operands, shape);
  add.x = operands.constant(shape, 0);
  const BiasGradient gradient = gradient_of(operands, shape, ParamGrad::Overwrite);
  std::list<std::vector<std::byte>> memory;
  const Tensor broadcast = run_on_cuda(add, memory).y, sum = run_on_cuda(gradient, memory).dbias;
  double left = 0, right = 0;
  for (std::int64_t i = 0; i < broadcast.count(); ++i) left += broadcast.as<float>()[i] * gradient.dy.as<float>()[i];
  for (std::int64_t i = 0; i < sum.count(); ++i) right += sum.as<float>()[i] * add.bias.as<float>()[i];
  CHECK(left == right);
}

TEST_CASE("bias: y may be x", "[bias]") {
  Operands operands;
  const BiasAdd apart = add_of(operands, {37, 20});
  BiasAdd in_place = apart;
  in_place.y = in_place.x;
  CpuDevice cpu({.threads = 1});
  run(apart, cpu);
  std::list<std::vector<std::byte>> memory;
  for_each_thread_order([&] { expect_close("y", run_on_cuda(in_place, memory).y, apart.y, {}); });
  run(in_place, cpu);
  expect_close("y", in_place.y, apart.y, {});
}

TEST_CASE("bias: NaN stays in its channel", "[bias]") {
  constexpr std::int64_t kRows = 90, kChannels = 6, kSick = 4;
  Operands operands;
  const BiasAdd add = add_of(operands, {kRows, kChannels});
  add.x.as<float>()[17 * kChannels + kSick] = NAN;
  const BiasGradient gradient = gradient_of(operands, {kRows, kChannels}, ParamGrad::Overwrite);
  gradient.dy.as<float>()[17 * kChannels + kSick] = NAN;
  const auto check = [&](const Tensor& y, const Tensor& dbias) {
    for (std::int64_t i = 0; i < y.count(); ++i) CHECK(std::isnan(y.as<float>()[i]) == (i == 17 * kChannels + kSick));
    for (std::int64_t c = 0; c < kChannels; ++c) CHECK(std::isnan(dbias.as<float>()[c]) == (c == kSick));
  };
  std::list<std::vector<std::byte>> memory;
  check(run_on_cuda(add, memory).y, run_on_cuda(gradient, memory).dbias);
  CpuDevice cpu({.threads = 1});
  run(add, cpu);
  run(gradient, cpu);
  check(add.y, gradient.dbias);
}

TEST_CASE("bias: operands off the 16-byte grid are read one by one", "[bias]") {
  constexpr std::int64_t kRows = 70, kChannels = 8, kCount = kRows * kChannels;
  Operands operands;
  const BiasGradient gradient = gradient_of(operands, {kRows, kChannels}, ParamGrad::Overwrite);
  CpuDevice cpu({.threads = 1});
  BiasGradient shifted = gradient;
  auto* memory = static_cast<float*>(cuda_device().allocate((kCount + 1 + kChannels) * sizeof(float)));
  shifted.dy.data = memory + 1;
  shifted.dbias.data = memory + 1 + kCount;
  shifted.workspace.data = cuda_device().allocate(gradient.workspace.bytes());
  cuda_device().copy_to_device(shifted.dy.data, gradient.dy.data, gradient.dy.bytes());
  run(shifted, cuda_device());
  cuda_device().synchronize();
  const Tensor got = operands.result({kChannels});
  cuda_device().copy_to_host(got.data, shifted.dbias.data, got.bytes());
  cuda_device().release(shifted.workspace.data);
  cuda_device().release(memory);
  run(gradient, cpu);
  expect_close("dbias", got, gradient.dbias, {});
}

TEST_CASE("bias: the same threads give the same bytes", "[bias]") {
  Operands operands;
  const Shape shape{3000, 33};
  BiasGradient gradient = gradient_of(operands, shape, ParamGrad::Overwrite);
  gradient.dy = operands.uniform(shape, 9);
  std::list<std::vector<std::byte>> memory;
  const Tensor first = run_on_cuda(gradient, memory).dbias;
  for_each_thread_order([&] { expect_close("dbias", run_on_cuda(gradient, memory).dbias, first, {}); });
  CpuDevice cpu({.threads = 3});
  const BiasGradient once = clone_operands(gradient, memory), again = clone_operands(gradient, memory);
  run(once, cpu);
  run(again, cpu);
  expect_close("dbias", again.dbias, once.dbias, {});
}

TEST_CASE("bias: wrong operands are refused", "[bias]") {
  Operands operands;
  const BiasAdd good = add_of(operands, {6, 5});
  const auto refused = [&](const std::function<void(BiasAdd&)>& spoil) {
    BiasAdd bad = good;
    spoil(bad);
    CHECK_THROWS_AS(validate(bad), Error);
  };
  refused([](auto& i) { i.x = {}; });
  refused([&](auto& i) { i.x = i.y = operands.result({}); });
  refused([&](auto& i) { i.x = operands.bytes({6, 5}, 1); });
  refused([&](auto& i) { i.bias = operands.result({6}); });
  refused([&](auto& i) { i.bias = operands.raw({5}, DType::F64); });
  refused([&](auto& i) { i.y = operands.result({5, 6}); });

  const BiasGradient good_gradient = gradient_of(operands, {6, 5}, ParamGrad::Overwrite);
  const auto refused_gradient = [&](const std::function<void(BiasGradient&)>& spoil) {
    BiasGradient bad = good_gradient;
    spoil(bad);
    CHECK_THROWS_AS(validate(bad), Error);
  };
  refused_gradient([](auto& i) { i.mode = ParamGrad::Skip; });
  refused_gradient([&](auto& i) { i.dbias = operands.result({6}); });
  refused_gradient([](auto& i) { i.dbias = {}; });
  refused_gradient([](auto& i) { i.workspace = {}; });
  refused_gradient([&](auto& i) { i.workspace = operands.result({4}); });
  refused_gradient([&](auto& i) { i.workspace = operands.raw({5}, DType::F64); });
}

TEST_CASE("bias: the cost is one pass over the operands", "[bias]") {
  Operands operands;
  CHECK(cost(add_of(operands, {6, 5})).bytes == 4 * (30 + 5 + 30));
  CHECK(cost(gradient_of(operands, {6, 5}, ParamGrad::Overwrite)).bytes == 4 * (30 + 5));
  CHECK(cost(gradient_of(operands, {6, 5}, ParamGrad::Accumulate)).bytes == 4 * (30 + 2 * 5));
}

TEST_CASE("column grids cover every element once, within CUDA's limits", "[bias]") {
  for (const std::int64_t rows : {0LL, 1LL, 7LL, 64LL, 65LL, 1000LL, 65537LL, 1LL << 24, (1LL << 33) + 5})
    for (const std::int64_t channels : {1LL, 3LL, 4LL, 31LL, 32LL, 33LL, 64LL, 100LL, 128LL, 132LL, 4096LL, 100003LL})
      for (const int vector : {1, 4})
        for (const bool reduces : {false, true}) {
          if (channels % vector != 0) continue;
          const ColumnGrid grid = reduces ? reduction_grid(rows, channels, vector) : map_grid(rows, channels, vector);
          INFO(rows << " x " << channels << " by " << vector);
          CHECK(grid.columns * vector == channels);
          CHECK((grid.lanes >= 1 && grid.lanes <= ColumnGrid::kMaxColumns));
          CHECK(std::int64_t{grid.tiles} * grid.lanes >= grid.columns);
          CHECK((grid.tiles - 1) * std::int64_t{grid.lanes} < grid.columns);
          CHECK((grid.row_lanes >= 1 && grid.row_lanes * grid.lanes <= ColumnGrid::kThreads));
          CHECK((grid.slices >= 1 && grid.slices <= 65535));
          CHECK(grid.slices * grid.slice_rows >= rows);
          CHECK((rows == 0 || (grid.slices - 1) * grid.slice_rows < rows));
          if (reduces) {
            const ColumnGrid fold = fold_grid(grid);
            CHECK((fold.slices == 1 && fold.rows == grid.slices && fold.slice_rows >= grid.slices));
            CHECK(reduction_workspace(rows, channels, 1) >= grid.slices * channels);
          }
        }
}
