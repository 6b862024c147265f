// Spectral normalisation: one power iteration against its definition, many against the largest singular value, and the
// gradient through it.
#include "kernels/norm/spectral_norm.h"

#include "tests/kernels/displaced_operands.h"

using namespace gan;
using namespace gan::test;

namespace {

constexpr double kRounding = 0.5 * std::numeric_limits<float>::epsilon();

SpectralNorm on_weight(Operands& operands, const Tensor& weight, const Tensor& u) {
  const std::int64_t rows = weight.shape[0], columns = weight.shape[1];
  return {.weight = weight,
          .u = u,
          .v = operands.raw({columns}, weight.dtype),
          .sigma = operands.raw({1}, weight.dtype),
          .normalized = operands.raw(weight.shape, weight.dtype),
          .workspace = operands.result({SpectralNorm::workspace_count(rows, columns)})};
}

SpectralNorm random_weight(Operands& operands, const Shape& shape) {
  return on_weight(operands, operands.uniform(shape, 1), operands.uniform({shape[0]}, 2));
}

SpectralNormGradient random_gradient(Operands& operands, const Shape& shape) {
  return {.normalized = operands.uniform(shape, 3),
          .u = operands.uniform({shape[0]}, 4),
          .v = operands.uniform({shape[1]}, 5),
          .sigma = operands.constant({1}, 1.75f),
          .gradient = operands.uniform(shape, 6),
          .workspace = operands.result({SpectralNormGradient::workspace_count(shape.count())})};
}

/// A tensor of doubles.
Tensor doubles(Operands& operands, const Shape& shape, const std::vector<double>& values) {
  const Tensor tensor = operands.raw(shape, DType::F64);
  std::copy(values.begin(), values.end(), tensor.as<double>());
  return tensor;
}

std::vector<double> contents(const Tensor& tensor) {
  return {tensor.as<double>(), tensor.as<double>() + tensor.count()};
}

double inner_product(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// What fp32 sums may do to the results of one power iteration. t = W^T u is off by a sum of `rows` products in every
/// component, so that v, of length 1, is off by twice that over ||t||; s = W v by ||W|| times as much, and by its own sums of
/// squares and products along columns / 256 additions and two trees; sigma by what s is, u by twice that over ||s||.
Tolerance rounding(const SpectralNorm& op, const SpectralNorm& want) {
  const std::int64_t rows = op.weight.shape[0], columns = op.weight.shape[1];
  std::vector<double> t(static_cast<std::size_t>(columns));
  double square = 0;
  for (std::int64_t i = 0; i < rows * columns; ++i) {
    const double w = op.weight.as<float>()[i];
    t[static_cast<std::size_t>(i % columns)] += w * op.u.as<float>()[i / columns];
    square += w * w;
  }
  const double length = std::sqrt(inner_product(t, t)), frobenius = std::sqrt(square);
  const double along_row = kRounding * (static_cast<double>(columns) / 256 + 16);
  const double of_v = 2 * std::sqrt(static_cast<double>(columns)) * rounding_of_sum(rows).absolute / length + along_row;
  const double sigma = *want.sigma.as<double>(), of_s = frobenius * (of_v + along_row) / sigma + 4 * kRounding;
  return {.absolute = std::max(of_v, 2 * of_s), .relative = of_s};
}

const std::vector<Shape> kShapes = {
    {1, 1},     // a number
    {1, 37},    // one row: u is 1 or -1
    {41, 1},    // one column
    {5, 7},     // small and odd
    {64, 300},  // vectors; columns beyond one round of a block
    {3, 1028},  // few rows of four rounds and a bit
    {513, 9},   // rows in several slices, and more than the block that adds up their squares has threads
    {70, 258},  // even columns that are no multiple of four
};

}  // namespace

TEST_CASE("a power iteration agrees with its definition", "[spectral_norm]") {
  Operands operands;
  for (const Shape& shape : kShapes) {
    INFO(to_string(shape));
    const SpectralNorm op = random_weight(operands, shape);
    std::list<std::vector<std::byte>> memory;
    const SpectralNorm want = clone_operands(widen_operands(op, memory), memory);
    CpuDevice cpu({.threads = 1});
    run(want, cpu);
    const Tolerance tolerance = rounding(op, want);
    expect_cuda_matches_definition(op, tolerance);
    expect_cpu_matches_definition(op, tolerance);
    for (const char* only : {"", "weight", "normalized", "workspace"})
      expect_displaced_cuda_matches_definition(op, tolerance, only);
  }
}

TEST_CASE("a power iteration on whole numbers, by hand", "[spectral_norm]") {
  // W = (3, 4)^T (0, 0, 2, 0): of rank one, largest singular value 5 * 2.
  Operands operands;
  const SpectralNorm op =
      on_weight(operands, operands.values({2, 4}, {0, 0, 6, 0, 0, 0, 8, 0}), operands.values({2}, {7, 0}));
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const SpectralNorm on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const SpectralNorm& done : {on_cpu, run_on_cuda(op, memory)}) {
    expect_close("v", done.v, operands.values({4}, {0, 0, 1, 0}), {});
    expect_close("u", done.u, operands.values({2}, {0.6f, 0.8f}), {});
    CHECK(*done.sigma.as<float>() == 10);
    expect_close("normalized", done.normalized, operands.values({2, 4}, {0, 0, 0.6f, 0, 0, 0, 0.8f, 0}), {});
  }
}

TEST_CASE("power iterations come to the largest singular value, from below", "[spectral_norm]") {
  Operands operands;
  CpuDevice cpu({.threads = 1});
  const std::int64_t rows = 5, columns = 7;
  std::list<std::vector<std::byte>> memory;
  const SpectralNorm op = widen_operands(random_weight(operands, {rows, columns}), memory);
  const std::vector<double> w = contents(op.weight);

  // The reference: the largest eigenvalue of W^T W, by powers of the whole matrix, B -> B B / trace, until it has rank one.
  std::vector<double> square(static_cast<std::size_t>(columns * columns));
  const auto at = [](std::int64_t i, std::int64_t j) { return static_cast<std::size_t>(i * columns + j); };
  for (std::int64_t i = 0; i < columns; ++i)
    for (std::int64_t j = 0; j < columns; ++j)
      for (std::int64_t row = 0; row < rows; ++row) square[at(i, j)] += w[at(row, i)] * w[at(row, j)];
  std::vector<double> power = square;
  for (int doubling = 0; doubling < 30; ++doubling) {
    std::vector<double> next(power.size());
    double trace = 0;
    for (std::int64_t i = 0; i < columns; ++i) {
      for (std::int64_t j = 0; j < columns; ++j)
        for (std::int64_t k = 0; k < columns; ++k) next[at(i, j)] += power[at(i, k)] * power[at(k, j)];
      trace += next[at(i, i)];
    }
    for (double& value : next) value /= trace;
    power = next;
  }
  double largest = 0;  // trace(W^T W P) with P the projection onto the first right singular vector
  for (std::int64_t i = 0; i < columns; ++i)
    for (std::int64_t j = 0; j < columns; ++j) largest += square[at(i, j)] * power[at(j, i)];
  largest = std::sqrt(largest);

  double before = 0;
  for (int i = 0; i < 300; ++i) {
    run(op, cpu);
    const double sigma = *op.sigma.as<double>();
    REQUIRE(sigma >= before - 1e-12);
    REQUIRE(sigma <= largest + 1e-12);
    before = sigma;
  }
  CHECK(before == Approx(largest).epsilon(1e-12));
  CHECK(inner_product(contents(op.u), contents(op.u)) == Approx(1).epsilon(1e-14));
  CHECK(inner_product(contents(op.v), contents(op.v)) == Approx(1).epsilon(1e-14));
}

TEST_CASE("a weight of zeros is divided by zero, which is seen", "[spectral_norm]") {
  Operands operands;
  const SpectralNorm op = on_weight(operands, operands.constant({3, 8}, 0), operands.uniform({3}, 2));
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const SpectralNorm on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const SpectralNorm& done : {on_cpu, run_on_cuda(op, memory)}) {
    CHECK(*done.sigma.as<float>() == 0);
    CHECK(std::isnan(done.normalized.as<float>()[5]));
  }
}

TEST_CASE("a NaN in a weight is seen in all that is made of it", "[spectral_norm]") {
  Operands operands;
  const SpectralNorm op = random_weight(operands, {6, 8});
  op.weight.as<float>()[17] = std::numeric_limits<float>::quiet_NaN();
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const SpectralNorm on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  for (const SpectralNorm& done : {on_cpu, run_on_cuda(op, memory)}) {
    CHECK(std::isnan(*done.sigma.as<float>()));
    for (int i = 0; i < 48; ++i) REQUIRE(std::isnan(done.normalized.as<float>()[i]));
    for (int i = 0; i < 8; ++i) REQUIRE(std::isnan(done.v.as<float>()[i]));  // its norm is NaN, not epsilon
    for (int i = 0; i < 6; ++i) REQUIRE(std::isnan(done.u.as<float>()[i]));
  }
}

TEST_CASE("the gradient through spectral normalisation agrees with its definition", "[spectral_norm]") {
  Operands operands;
  const auto tolerance = [](const SpectralNormGradient& op) -> Tolerance {
    const double inner = std::abs(dot(op.gradient, op.normalized));
    return {.absolute = rounding_of_sum(op.gradient.count()).absolute + 4 * kRounding * (1 + inner)};
  };
  for (const Shape& shape : kShapes) {
    INFO(to_string(shape));
    const SpectralNormGradient op = random_gradient(operands, shape);
    expect_cuda_matches_definition(op, tolerance(op));
    expect_cpu_matches_definition(op, tolerance(op));
    for (const char* only : {"", "normalized", "v", "gradient"})
      expect_displaced_cuda_matches_definition(op, tolerance(op), only);
  }
  // More partial sums than a block has threads, which add them up.
  const SpectralNormGradient large = random_gradient(operands, {520, 516});
  expect_cuda_matches_definition(large, tolerance(large));
}

TEST_CASE("the gradient through spectral normalisation on whole numbers, by hand", "[spectral_norm]") {
  Operands operands;
  const SpectralNormGradient op{.normalized = operands.values({2, 3}, {1, 0, 2, 0, -1, 0}),
                                .u = operands.values({2}, {2, -1}),
                                .v = operands.values({3}, {1, 0, 3}),
                                .sigma = operands.constant({1}, 4),
                                .gradient = operands.values({2, 3}, {3, 1, 1, 5, 2, 0}),
                                .workspace = operands.result({SpectralNormGradient::workspace_count(6)})};
  const Tensor want = operands.values({2, 3}, {(3 - 6) / 4.0f, 1 / 4.0f, (1 - 18) / 4.0f,  // <,> = 3 + 2 - 2 = 3
                                               (5 + 3) / 4.0f, 2 / 4.0f, 9 / 4.0f});
  std::list<std::vector<std::byte>> memory;
  CpuDevice cpu({.threads = 1});
  const SpectralNormGradient on_cpu = clone_operands(op, memory);
  run(on_cpu, cpu);
  expect_close("cpu", on_cpu.gradient, want, {});
  expect_close("cuda", run_on_cuda(op, memory).gradient, want, {});
}

TEST_CASE("the gradient through spectral normalisation is a derivative", "[spectral_norm]") {
  // L(W) = <A, W / sigma>, once with u and v held fixed, as training holds them; and once where they have come to rest, so
  // that sigma is the largest singular value: there the derivative is the same, as sigma does not change with u and v.
  const bool at_rest = GENERATE(false, true);
  Operands operands;
  CpuDevice cpu({.threads = 1});
  std::list<std::vector<std::byte>> memory;
  const SpectralNorm op = widen_operands(random_weight(operands, {5, 7}), memory);
  const std::vector<double> w = contents(op.weight),
                            a = contents(widen_operands(random_gradient(operands, {5, 7}), memory).gradient);
  const int iterations = at_rest ? 300 : 1;
  for (int i = 0; i < iterations; ++i) run(op, cpu);
  const SpectralNormGradient gradient{.normalized = op.normalized,
                                      .u = op.u,
                                      .v = op.v,
                                      .sigma = op.sigma,
                                      .gradient = doubles(operands, {5, 7}, a),
                                      .workspace = operands.result({SpectralNormGradient::workspace_count(35)})};
  run(gradient, cpu);
  const std::vector<double> claimed = contents(gradient.gradient), u = contents(op.u), v = contents(op.v);
  CHECK(std::abs(inner_product(claimed, w)) < 1e-12);  // L does not change with the scale of W
  expect_gradient(
      at_rest ? "at rest" : "u and v fixed",
      [&](const std::vector<double>& values) {
        double sigma = 0;
        if (at_rest) {
          const SpectralNorm moved = on_weight(operands, doubles(operands, {5, 7}, values), doubles(operands, {5}, u));
          for (int i = 0; i < iterations; ++i) run(moved, cpu);
          sigma = *moved.sigma.as<double>();
        } else {
          for (std::size_t i = 0; i < values.size(); ++i) sigma += u[i / 7] * values[i] * v[i % 7];
        }
        return inner_product(a, values) / sigma;
      },
      w, claimed);
}

TEST_CASE("what spectral normalisation refuses and costs", "[spectral_norm]") {
  Operands operands;
  const SpectralNorm good = random_weight(operands, {3, 4});
  validate(good);
  CHECK(cost(good).flops == 5 * 12 + 3 * 7);
  CHECK(cost(good).bytes == 4 * (12 + 2 * 3 + 4 + 1 + 12));
  const auto refused = [&](auto&& change) {
    SpectralNorm bad = good;
    change(bad);
    REQUIRE_THROWS_AS(validate(bad), Error);
  };
  refused([](auto& op) { op.weight = Tensor{}; });
  refused([&](auto& op) { op.weight = op.normalized = operands.result({3, 2, 2}); });
  refused([&](auto& op) { op.weight = op.normalized = operands.result({0, 4}); });
  refused([&](auto& op) { op.u = operands.result({4}); });
  refused([&](auto& op) { op.v = operands.result({3}); });
  refused([&](auto& op) { op.sigma = operands.result({2}); });
  refused([&](auto& op) { op.normalized = operands.result({4, 3}); });
  refused([&](auto& op) { op.normalized = operands.raw({3, 4}, DType::F64); });
  refused([&](auto& op) { op.workspace = operands.result({7}); });
  refused([](auto& op) { op.epsilon = 0; });

  const SpectralNormGradient also_good = random_gradient(operands, {3, 4});
  validate(also_good);
  CHECK(cost(also_good).flops == 6 * 12);
  CHECK(cost(also_good).bytes == 4 * (12 + 3 + 4 + 1 + 2 * 12));
  const auto also_refused = [&](auto&& change) {
    SpectralNormGradient bad = also_good;
    change(bad);
    REQUIRE_THROWS_AS(validate(bad), Error);
  };
  also_refused([](auto& op) { op.gradient = Tensor{}; });
  also_refused([&](auto& op) { op.gradient = operands.result({4, 3}); });
  also_refused([&](auto& op) { op.u = operands.result({4}); });
  also_refused([&](auto& op) { op.sigma = Tensor{}; });
  also_refused([](auto& op) { op.workspace = Tensor{}; });
}
