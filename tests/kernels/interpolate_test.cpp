// y[n] = t[n] a[n] + (1 - t[n]) b[n].
#include "kernels/elementwise/interpolate.h"

#include "tests/kernels/displaced_operands.h"

using namespace gan;
using namespace gan::test;

namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

const std::vector<Shape> kShapes = {
    {1},            // one number
    {5},            // samples of one element each
    {3, 7},         // no vectors
    {2, 8},         // vectors
    {4, 5, 5, 3},   // odd images: rows at every alignment
    {2, 4, 4, 65},  // one vector beyond a block of them
    {3, 1025},      // one element beyond a block of vectors, which do not divide it
};

Interpolate on_shape(Operands& operands, const Shape& shape) {
  return {.t = operands.uniform({shape[0]}, 1, 0, 1),
          .a = operands.uniform(shape, 2),
          .b = operands.uniform(shape, 3),
          .y = operands.result(shape)};
}

}  // namespace

TEST_CASE("interpolation agrees with its definition", "[interpolate]") {
  Operands operands;
  for (const Shape& shape : kShapes) {
    INFO(to_string(shape));
    const Interpolate op = on_shape(operands, shape);
    // 1 - t, two products and their sum, of numbers up to 1.
    const Tolerance tolerance{.absolute = 0.5 * kEpsilon * 4};
    expect_cuda_matches_definition(op, tolerance);
    expect_cpu_matches_definition(op, tolerance);
    for (const char* only : {"", "t", "a", "b", "y"}) expect_displaced_cuda_matches_definition(op, tolerance, only);
  }
}

TEST_CASE("interpolation is exact on whole numbers and quarters", "[interpolate]") {
  Operands operands;
  const Shape shape{5, 3, 4};
  const Interpolate op{.t = operands.values({5}, {0, 0.25f, 0.5f, 0.75f, 1}),
                       .a = operands.integers(shape, 1),
                       .b = operands.integers(shape, 2),
                       .y = operands.result(shape)};
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const Interpolate on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const Interpolate& done : {on_cpu, run_on_cuda(op, memory)})
    for (int i = 0; i < 60; ++i) {
      const float a = op.a.as<float>()[i], b = op.b.as<float>()[i], steps = static_cast<float>(i / 12);
      REQUIRE(done.y.as<float>()[i] == (steps * a + (4 - steps) * b) / 4);
    }
}

TEST_CASE("interpolation visits more samples than a grid has rows", "[interpolate]") {
  Operands operands;
  const Interpolate op = on_shape(operands, {65535 + 3, 2});
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 3});
  const Interpolate want = clone_operands(op, memory);
  run(want, cpu);
  expect_same_results(run_on_cuda(op, memory), want, {.absolute = kEpsilon * 4});
}

TEST_CASE("interpolation may overwrite either end", "[interpolate]") {
  Operands operands;
  const Interpolate op = on_shape(operands, {3, 1027});
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 2});
  run(op, cpu);
  const Interpolate on_cuda = run_on_cuda(op, memory);
  for (const bool over_a : {false, true}) {
    Interpolate in_place = op;
    in_place.a = operands.uniform(op.a.shape, 2);
    in_place.b = operands.uniform(op.b.shape, 3);
    in_place.y = over_a ? in_place.a : in_place.b;
    expect_close("cuda", run_on_cuda(in_place, memory).y, on_cuda.y, {});
    run(in_place, cpu);
    expect_close("cpu", in_place.y, op.y, {});
  }
}

TEST_CASE("a NaN ratio stays in its sample", "[interpolate]") {
  Operands operands;
  const Interpolate op = on_shape(operands, {3, 10});
  op.t.as<float>()[1] = std::numeric_limits<float>::quiet_NaN();
  op.a.as<float>()[24] = std::numeric_limits<float>::quiet_NaN();
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const Interpolate on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const Interpolate& done : {on_cpu, run_on_cuda(op, memory)})
    for (int i = 0; i < 30; ++i) REQUIRE(std::isnan(done.y.as<float>()[i]) == (i / 10 == 1 || i == 24));
}

TEST_CASE("what interpolation refuses and costs", "[interpolate]") {
  Operands operands;
  expect_no_work(on_shape(operands, {0, 3}));
  expect_no_work(on_shape(operands, {3, 0}));
  const Interpolate good = on_shape(operands, {3, 2, 2});
  validate(good);
  CHECK(cost(good).flops == 3 * 12 + 3);
  CHECK(cost(good).bytes == 4 * (3 * 12 + 3));
  const auto refused = [&](auto&& change) {
    Interpolate bad = good;
    change(bad);
    REQUIRE_THROWS_AS(validate(bad), Error);
  };
  refused([](Interpolate& op) { op.a = Tensor{}; });
  refused([&](Interpolate& op) { op.t = op.a = op.b = op.y = operands.result({}); });
  refused([&](Interpolate& op) { op.t = operands.result({2}); });
  refused([&](Interpolate& op) { op.t = operands.result({3, 2, 2}); });  // one a pixel: another algorithm
  refused([&](Interpolate& op) { op.b = operands.result({3, 4}); });
  refused([&](Interpolate& op) { op.y = operands.raw({3, 2, 2}, DType::F64); });
}
