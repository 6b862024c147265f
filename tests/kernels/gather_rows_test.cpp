// y[i] = data[indices[i]].
#include "kernels/elementwise/gather_rows.h"

#include "tests/kernels/displaced_operands.h"

using namespace gan;
using namespace gan::test;

namespace {

GatherRows on_data(Operands& operands, const Shape& data, const std::vector<std::int32_t>& indices) {
  Shape rows = data;
  rows.extent[0] = static_cast<std::int64_t>(indices.size());
  return {.data = operands.uniform(data, 1), .indices = operands.indices(indices), .y = operands.result(rows)};
}

/// `count` rows of `rows`, some twice and some never.
std::vector<std::int32_t> some_rows(int count, int rows) {
  std::vector<std::int32_t> indices;
  for (int i = 0; i < count; ++i) indices.push_back((i * 7 + 3) % rows);
  return indices;
}

}  // namespace

TEST_CASE("rows are gathered bit by bit", "[gather_rows]") {
  Operands operands;
  struct Case {
    Shape data;
    int batch;
  };
  for (const Case& c : {Case{{1}, 1}, Case{{5, 1}, 3}, Case{{9, 2}, 7}, Case{{9, 1, 1, 2}, 130}, Case{{3, 2, 2, 4}, 65},
                        Case{{4, 257}, 3}}) {
    INFO(to_string(c.data) << ", batch " << c.batch);
    const GatherRows op = on_data(operands, c.data, some_rows(c.batch, static_cast<int>(c.data[0])));
    expect_cuda_matches_definition(op, {});
    expect_cpu_matches_definition(op, {});
    for (const char* only : {"", "data", "indices", "y"}) expect_displaced_cuda_matches_definition(op, {}, only);
    std::list<std::vector<std::byte>> memory;
    const GatherRows done = run_on_cuda(op, memory);
    const std::int64_t row = c.data.count() / c.data[0];
    for (std::int64_t i = 0; i < c.batch; ++i)
      for (std::int64_t j = 0; j < row; ++j)
        REQUIRE(done.y.as<float>()[i * row + j] == op.data.as<float>()[op.indices.as<std::int32_t>()[i] * row + j]);
  }
}

TEST_CASE("a NaN is gathered like any number, and only where it is asked for", "[gather_rows]") {
  Operands operands;
  const GatherRows op = on_data(operands, {4, 2}, {3, 0, 3, 1});
  op.data.as<float>()[1] = std::numeric_limits<float>::quiet_NaN();
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const GatherRows on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const GatherRows& done : {on_cpu, run_on_cuda(op, memory)})
    for (int i = 0; i < 8; ++i) REQUIRE(std::isnan(done.y.as<float>()[i]) == (i == 3));
}

TEST_CASE("what gathering refuses and costs", "[gather_rows]") {
  Operands operands;
  expect_no_work(on_data(operands, {3, 2}, {}));
  const GatherRows good = on_data(operands, {5, 3}, {4, 4});
  validate(good);
  CHECK(cost(good).flops == 0);
  CHECK(cost(good).bytes == 4 * (2 * 2 * 3 + 2));
  const auto refused = [&](auto&& change) {
    GatherRows bad = good;
    change(bad);
    REQUIRE_THROWS_AS(validate(bad), Error);
  };
  refused([](GatherRows& op) { op.data = Tensor{}; });
  refused([&](GatherRows& op) { op.data = operands.result({0, 3}); });
  refused([&](GatherRows& op) { op.indices = operands.result({2}); });
  refused([&](GatherRows& op) { op.y = operands.result({2, 4}); });
  refused([&](GatherRows& op) { op.y = operands.result({3, 3}); });
  refused([&](GatherRows& op) { op.y = operands.raw({2, 3}, DType::F64); });
}
