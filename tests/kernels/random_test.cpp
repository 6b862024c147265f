// Philox, the transforms to uniforms and normals, and the walk through the data set.
#include "kernels/random/random.h"

#include <algorithm>
#include <array>
#include <set>

#include "kernels/random/distributions.h"
#include "kernels/random/permutation.h"
#include "kernels/random/philox.h"
#include "tests/kernels/displaced_operands.h"

using namespace gan;
using namespace gan::test;

namespace {

RandomNormal normals(Operands& operands, const Shape& shape, std::uint64_t iteration, const RandomStream& stream) {
  return {.iteration = operands.counter(iteration), .y = operands.result(shape), .stream = stream};
}

RandomUniform uniforms(Operands& operands, const Shape& shape, std::uint64_t iteration, const RandomStream& stream) {
  return {.iteration = operands.counter(iteration), .y = operands.result(shape), .stream = stream};
}

template <class Instruction>
std::vector<float> drawn(const Instruction& instruction) {
  CpuDevice cpu({.threads = 1});
  run(instruction, cpu);
  const float* const y = instruction.y.template as<float>();
  return {y, y + instruction.y.count()};
}

std::vector<std::int32_t> drawn_indices(const SampleIndices& instruction) {
  CpuDevice cpu({.threads = 1});
  run(instruction, cpu);
  const auto* const indices = instruction.indices.as<std::int32_t>();
  return {indices, indices + instruction.indices.count()};
}

SampleIndices samples(Operands& operands, std::int64_t batch, std::uint64_t iteration, std::int64_t count) {
  return {.iteration = operands.counter(iteration),
          .indices = operands.raw({batch}, DType::I32),
          .stream = {.seed = 5, .stream = 2},
          .count = count};
}

/// The largest distance between the samples' distribution function and `cdf`, times sqrt(n) (Kolmogorov 1933): above
/// 1.95 with probability 0.001.
template <class Cdf>
double kolmogorov_smirnov(std::vector<float> samples, const Cdf& cdf) {
  std::sort(samples.begin(), samples.end());
  const double n = static_cast<double>(samples.size());
  double distance = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double p = cdf(samples[i]), below = static_cast<double>(i) / n, above = static_cast<double>(i + 1) / n;
    distance = std::max({distance, p - below, above - p});
  }
  return distance * std::sqrt(n);
}

constexpr double kKolmogorovBound = 1.95;

/// Pearson's statistic for equally likely cells, as standard deviations from its mean (Wilson & Hilferty 1931).
double chi_square_deviation(const std::vector<std::int64_t>& counts) {
  double total = 0;
  for (const std::int64_t c : counts) total += static_cast<double>(c);
  const double cells = static_cast<double>(counts.size()), expected = total / cells, freedom = cells - 1;
  double statistic = 0;
  for (const std::int64_t c : counts)
    statistic += (static_cast<double>(c) - expected) * (static_cast<double>(c) - expected) / expected;
  return (std::cbrt(statistic / freedom) - (1 - 2 / (9 * freedom))) / std::sqrt(2 / (9 * freedom));
}

/// |error| in units of the last place of a float of the size of `want`.
double ulps(float got, double want) {
  const auto nearest = static_cast<float>(want);
  const double ulp = std::nextafter(std::abs(nearest), std::numeric_limits<float>::infinity()) - std::abs(nearest);
  return std::abs(got - want) / ulp;
}

}  // namespace

TEST_CASE("philox gives Random123's known answers", "[random]") {
  struct Answer {
    std::array<std::uint32_t, 4> counter;
    std::array<std::uint32_t, 2> key;
    std::array<std::uint32_t, 4> words;
  };
  const std::vector<Answer> answers = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},  // the digits of pi
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (const Answer& answer : answers) {
    const auto& c = answer.counter;
    const PhiloxWords words = philox4x32_10({{c[0], c[1], c[2], c[3]}}, answer.key[0], answer.key[1]);
    for (std::size_t i = 0; i < 4; ++i) REQUIRE(words.word[i] == answer.words[i]);
  }
  // The same vector through a stream: which field is which word of counter and key.
  const PhiloxWords words = stream_words(0x299f31d0a4093822, 0x85a308d3, 0x0370734413198a2e, 0x243f6a88);
  for (std::size_t i = 0; i < 4; ++i) {
    REQUIRE(words.word[i] == answers[2].words[i]);
    const auto element = static_cast<std::int64_t>(4 * std::uint64_t{0x243f6a88} + i);
    REQUIRE(stream_word(0x299f31d0a4093822, 0x85a308d3, 0x0370734413198a2e, element) == answers[2].words[i]);
  }
}

TEST_CASE("draws have the same bits everywhere", "[random]") {
  Operands operands;
  const Shape shape = GENERATE(Shape{},         // one element of a block of four
                               Shape{3},        // a block not filled
                               Shape{4},        // a block filled
                               Shape{5},        // and one element more
                               Shape{64, 100},  // latents of a batch: several blocks of threads
                               Shape{1025, 1},  // one past the elements of a block of threads
                               Shape{3, 7, 5, 11});
  // Beyond 32 bits in seed and iteration: every counter and key word in use.
  const std::uint64_t iteration = GENERATE(std::uint64_t{0}, std::uint64_t{0x300000007});
  INFO(to_string(shape) << " iteration " << iteration);
  RandomNormal normal = normals(operands, shape, iteration, {.seed = 0xfedcba9876543210, .stream = 77});
  normal.mean = 0.5f;
  normal.standard_deviation = 0.02f;
  RandomUniform uniform = uniforms(operands, shape, iteration, {.seed = 0xfedcba9876543210, .stream = 78});
  uniform.low = -0.3f;
  uniform.high = 0.7f;
  // Exactly, F64 tensors included: they hold the same floats.
  expect_cuda_matches_definition(normal, {});
  expect_cpu_matches_definition(normal, {});
  expect_displaced_cuda_matches_definition(normal, {});
  expect_cuda_matches_definition(uniform, {});
  expect_cpu_matches_definition(uniform, {});
  expect_displaced_cuda_matches_definition(uniform, {});
}

TEST_CASE("many draws agree and are split over threads alike", "[random]") {
  Operands operands;
  const RandomNormal normal = normals(operands, {20011}, 3, {.seed = 1, .stream = 2});
  expect_cpu_matches_definition(normal, {});
  expect_cuda_matches_definition(normal, {});
}

TEST_CASE("an empty draw is no work", "[random]") {
  Operands operands;
  expect_no_work(normals(operands, {0, 3}, 0, {}));
  expect_no_work(uniforms(operands, {0, 3}, 0, {}));
  expect_no_work(samples(operands, 0, 0, 5));
}

TEST_CASE("seeds, streams and iterations draw different numbers", "[random]") {
  Operands operands;
  const Shape shape{64};
  const std::uint64_t high = std::uint64_t{1} << 32;
  std::set<std::vector<float>> seen;
  int draws = 0;
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, high})
    for (const std::uint32_t stream : {0u, 1u, 0x80000000u})
      for (const std::uint64_t iteration : {std::uint64_t{0}, std::uint64_t{1}, high}) {
        seen.insert(drawn(normals(operands, shape, iteration, {.seed = seed, .stream = stream})));
        ++draws;
      }
  CHECK(seen.size() == static_cast<std::size_t>(draws));
}

TEST_CASE("normals are normal", "[random]") {
  Operands operands;
  constexpr std::int64_t kCount = 1 << 18;
  const std::vector<float> x = drawn(normals(operands, {kCount}, 42, {.seed = 2024, .stream = 1}));
  const auto moment = [&](int power) {
    double sum = 0;
    for (const float value : x) sum += std::pow(static_cast<double>(value), power);
    return sum / kCount;
  };
  // Four standard deviations of each estimate for N(0, 1).
  const double deviation = 4 / std::sqrt(static_cast<double>(kCount));
  CHECK(std::abs(moment(1)) < deviation);
  CHECK(std::abs(moment(2) - 1) < deviation * std::sqrt(2.0));
  CHECK(std::abs(moment(3)) < deviation * std::sqrt(15.0));
  CHECK(std::abs(moment(4) - 3) < deviation * std::sqrt(96.0));
  CHECK(kolmogorov_smirnov(x, [](double value) { return 0.5 * std::erfc(-value / std::sqrt(2.0)); }) <
        kKolmogorovBound);
  for (const double bound : {2.0, 3.0, 4.0}) {
    INFO("beyond " << bound);
    const double expected = kCount * std::erfc(bound / std::sqrt(2.0));
    const auto beyond = std::count_if(x.begin(), x.end(), [&](float value) { return std::abs(value) > bound; });
    CHECK(std::abs(static_cast<double>(beyond) - expected) < 4 * std::sqrt(expected) + 1);
  }
  // Neighbours share a Philox block, and a radius or an angle.
  for (const std::size_t lag : {1, 2, 3, 4}) {
    double product = 0, square_product = 0;
    for (std::size_t i = lag; i < x.size(); ++i) {
      const double a = x[i - lag], b = x[i];
      product += a * b;
      square_product += (a * a - 1) * (b * b - 1) / 2;
    }
    INFO("lag " << lag);
    CHECK(std::abs(product / kCount) < deviation);
    CHECK(std::abs(square_product / kCount) < deviation);
  }
}

TEST_CASE("mean and deviation are applied", "[random]") {
  Operands operands;
  const RandomNormal standard = normals(operands, {100}, 1, {.seed = 3});
  RandomNormal scaled = normals(operands, {100}, 1, {.seed = 3});
  scaled.mean = -4;
  scaled.standard_deviation = 0.25f;
  const std::vector<float> x = drawn(standard), y = drawn(scaled);
  for (std::size_t i = 0; i < x.size(); ++i) REQUIRE(y[i] == std::fma(x[i], 0.25f, -4.0f));
  scaled.standard_deviation = 0;
  for (const float value : drawn(scaled)) REQUIRE(value == -4);
}

TEST_CASE("logarithm, sine and cosine are as good as a library's", "[random]") {
  // Every word of a coarse walk through all of them, and the ends.
  std::vector<std::uint32_t> words{0,          1,          2,          3,          0x1fffffff, 0x20000000,
                                   0x20000001, 0x3fffffff, 0x40000000, 0x5fffffff, 0x60000000, 0x7fffffff,
                                   0x80000000, 0xbfffffff, 0xc0000000, 0xfffffffe, 0xffffffff};
  for (std::uint64_t word = 0; word < (std::uint64_t{1} << 32); word += 39119)
    words.push_back(static_cast<std::uint32_t>(word));
  double log_error = 0, sine_error = 0, cosine_error = 0, worst_normal = 0;
  for (const std::uint32_t word : words) {
    const float u = std::fma(static_cast<float>(word), 0x1p-32f, 0x1p-33f);
    REQUIRE(u > 0);
    REQUIRE(u <= 1);
    log_error = std::max(log_error, ulps(polynomial_log(u), std::log(static_cast<double>(u))));
    const SineCosine got = sine_cosine_of_turn(word);
    // The angle from the nearest quarter turn, so that the double reference is exact near the zeros, too.
    const std::uint32_t quarter = (word + 0x20000000u) >> 30;
    const double rest =
        static_cast<double>(static_cast<std::int32_t>(word - (quarter << 30))) * 0x1p-31 * 3.14159265358979323846;
    const double s = std::sin(rest), c = std::cos(rest);
    const double sine = std::array{s, c, -s, -c}[quarter % 4], cosine = std::array{c, -s, -c, s}[quarter % 4];
    sine_error = std::max(sine_error, ulps(got.sine, sine));
    cosine_error = std::max(cosine_error, ulps(got.cosine, cosine));
    float first, second;
    normals_from_words(word, word, first, second);
    const double radius = std::sqrt(-2 * std::log(static_cast<double>(u)));
    worst_normal = std::max({worst_normal, ulps(first, radius * cosine), ulps(second, radius * sine)});
  }
  CHECK(log_error < 1.5);  // the sum f + f^2 (...) and what is added to it
  // The angle's rounding, that of the leading product, and the last one's, each up to an ulp of a smaller result.
  CHECK(sine_error < 2.5);
  CHECK(cosine_error < 2.5);
  CHECK(worst_normal < 5);  // that, half the logarithm's error, the square root and the product
  CHECK(polynomial_log(1.0f) == 0);
  float first, second;
  normals_from_words(0, 0, first, second);
  CHECK(ulps(first, std::sqrt(66 * std::log(2.0))) < 4);  // the largest there is
  normals_from_words(0xffffffff, 0x12345678, first, second);
  CHECK(std::abs(first) == 0);  // radius 0, not NaN
  CHECK(std::abs(second) == 0);
}

TEST_CASE("uniforms are uniform", "[random]") {
  Operands operands;
  constexpr std::int64_t kCount = 1 << 17;
  const std::vector<float> x = drawn(uniforms(operands, {kCount}, 6, {.seed = 99, .stream = 3}));
  CHECK(kolmogorov_smirnov(x, [](double value) { return value; }) < kKolmogorovBound);
  std::vector<std::int64_t> cells(64);
  for (const float value : x) {
    REQUIRE(value >= 0);
    REQUIRE(value < 1);
    ++cells[static_cast<std::size_t>(value * 64)];
  }
  CHECK(std::abs(chi_square_deviation(cells)) < 3.3);
  for (const std::size_t lag : {1, 2, 3, 4}) {  // neighbours share a Philox block
    double product = 0;
    for (std::size_t i = lag; i < x.size(); ++i) product += (x[i] - 0.5) * (x[i - lag] - 0.5) * 12;
    INFO("lag " << lag);
    CHECK(std::abs(product / kCount) < 4 / std::sqrt(static_cast<double>(kCount)));
  }
}

TEST_CASE("uniforms reach low and stay below high", "[random]") {
  struct Range {
    float low, high;
  };
  const std::vector<Range> ranges = {{0, 1},           {-1, 1},
                                     {-0.1f, 0.3f},    {1, std::nextafter(1.0f, 2.0f)},  // a single value
                                     {1e6f, 1000001},  // coarser than the draw: rounding reaches high
                                     {-3e38f, -1e38f}, {-1e-38f, 1e-40f}};
  for (const Range& bounds : ranges) {
    INFO("[" << bounds.low << ", " << bounds.high << ")");
    const UniformRange range = uniform_range(bounds.low, bounds.high);
    CHECK(uniform_from_word(0, range) == bounds.low);
    for (std::uint64_t word = 0; word < (std::uint64_t{1} << 32); word += 1111111) {
      const float value = uniform_from_word(static_cast<std::uint32_t>(word), range);
      REQUIRE(value >= bounds.low);
      REQUIRE(value < bounds.high);
    }
    CHECK(uniform_from_word(0xffffffff, range) < bounds.high);
  }
  // The kernel, too: a range of a single value gives nothing but that.
  Operands operands;
  RandomUniform single = uniforms(operands, {1027}, 0, {.seed = 1});
  single.low = 1;
  single.high = std::nextafter(1.0f, 2.0f);
  std::list<std::vector<std::byte>> memory;
  const RandomUniform done = run_on_cuda(single, memory);
  for (int i = 0; i < 1027; ++i) REQUIRE(done.y.as<float>()[i] == 1);
}

TEST_CASE("every epoch visits every element once", "[random]") {
  const std::int64_t count = GENERATE(1, 2, 3, 5, 7, 64, 1000, 60000);
  INFO("count " << count);
  const PermutationGrid grid = permutation_grid(count);
  REQUIRE(static_cast<std::int64_t>(grid.columns) * grid.rows >= count);
  for (const std::uint64_t epoch : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 40}) {
    std::vector<bool> visited(static_cast<std::size_t>(count));
    for (std::int64_t position = 0; position < count; ++position) {
      const std::uint32_t element = permuted(static_cast<std::uint32_t>(position), grid, 8, 1, epoch);
      REQUIRE(element < count);
      REQUIRE(!visited[element]);
      visited[element] = true;
    }
  }
}

TEST_CASE("the grid of the largest data set fits its counters", "[random]") {
  const std::int64_t count = std::numeric_limits<std::int32_t>::max();
  const PermutationGrid grid = permutation_grid(count);
  CHECK(grid.columns < 1 << 16);
  CHECK(grid.rows < 1 << 16);
  CHECK(static_cast<std::int64_t>(grid.columns) * grid.rows >= count);
  std::set<std::uint32_t> seen;
  for (std::uint32_t position = 0; position < 1000; ++position) {
    const std::uint32_t element = permuted(position * 2147483u, grid, 8, 1, 0);
    REQUIRE(element < count);
    seen.insert(element);
  }
  CHECK(seen.size() == 1000);
}

TEST_CASE("batches walk through epochs without gap or repetition", "[random]") {
  Operands operands;
  struct Walk {
    std::int64_t count, batch;
    std::uint32_t batches_per_iteration;
  };
  // Batches that straddle epochs; that divide them; larger than the data set; a data set of one.
  const std::vector<Walk> walks = {{10, 4, 1}, {12, 4, 1}, {7, 5, 3}, {5, 13, 2}, {1, 3, 1}};
  for (const Walk& walk : walks) {
    INFO("count " << walk.count << " batch " << walk.batch << " x " << walk.batches_per_iteration);
    std::vector<std::int32_t> draws;
    for (std::uint64_t iteration = 0; iteration < 20; ++iteration)
      for (std::uint32_t batch_index = 0; batch_index < walk.batches_per_iteration; ++batch_index) {
        SampleIndices op = samples(operands, walk.batch, iteration, walk.count);
        op.batches_per_iteration = walk.batches_per_iteration;
        op.batch_index = batch_index;
        validate(op);
        const std::vector<std::int32_t> batch = drawn_indices(op);
        draws.insert(draws.end(), batch.begin(), batch.end());
      }
    const auto epochs = static_cast<std::int64_t>(draws.size()) / walk.count;
    REQUIRE(epochs >= 6);
    std::set<std::vector<std::int32_t>> orders;
    for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
      std::vector<std::int32_t> order(draws.begin() + epoch * walk.count, draws.begin() + (epoch + 1) * walk.count);
      orders.insert(order);
      std::sort(order.begin(), order.end());
      for (std::int64_t i = 0; i < walk.count; ++i) REQUIRE(order[static_cast<std::size_t>(i)] == i);
    }
    if (walk.count >= 10) CHECK(static_cast<std::int64_t>(orders.size()) == epochs);  // 10! orders: no two alike
    if (walk.count == 1) CHECK(orders.size() == 1);
  }
}

TEST_CASE("indices are the same on every device", "[random]") {
  Operands operands;
  const std::int64_t batch = GENERATE(1, 64, 128, 129, 300);  // one block of threads, and around it
  const std::int64_t count = GENERATE(std::int64_t{1}, std::int64_t{3}, std::int64_t{1000}, std::int64_t{2147483647});
  for (const std::uint64_t iteration : {std::uint64_t{0}, std::uint64_t{5}, std::uint64_t{1} << 45}) {
    SampleIndices op = samples(operands, batch, iteration, count);
    op.batches_per_iteration = 5;
    op.batch_index = 3;
    expect_cuda_matches_definition(op, {});
    expect_cpu_matches_definition(op, {});
    const std::vector<std::int32_t> by_iteration = drawn_indices(op);
    op.iteration = operands.counter(77);
    op.batches = operands.counter(iteration * 5);
    expect_cuda_matches_definition(op, {});
    CHECK(drawn_indices(op) == by_iteration);
  }
}

TEST_CASE("the order of an epoch is uniform over seeds", "[random]") {
  // Where position 0 goes, and the whole order of three and of four elements: 6 and 24 equally likely ones.
  constexpr std::uint64_t kSeedsPerCell = 100;
  for (const std::int64_t count : {2, 3, 5, 7, 16, 64, 1000}) {
    INFO("count " << count);
    const PermutationGrid grid = permutation_grid(count);
    std::vector<std::int64_t> first(static_cast<std::size_t>(count)), last = first;
    for (std::uint64_t seed = 0; seed < kSeedsPerCell * static_cast<std::uint64_t>(count); ++seed) {
      ++first[permuted(0, grid, seed, 1, 0)];
      ++last[permuted(static_cast<std::uint32_t>(count - 1), grid, seed, 1, 0)];
    }
    CHECK(std::abs(chi_square_deviation(first)) < 3.3);
    CHECK(std::abs(chi_square_deviation(last)) < 3.3);
  }
  for (const std::uint32_t count : {3u, 4u}) {
    INFO("orders of " << count);
    const PermutationGrid grid = permutation_grid(count);
    std::map<std::vector<std::uint32_t>, std::int64_t> orders;
    const std::size_t cells = count == 3 ? 6 : 24;
    for (std::uint64_t seed = 0; seed < kSeedsPerCell * cells; ++seed) {
      std::vector<std::uint32_t> order;
      for (std::uint32_t position = 0; position < count; ++position)
        order.push_back(permuted(position, grid, seed, 1, 7));
      ++orders[order];
    }
    std::vector<std::int64_t> counts;
    for (const auto& [order, times] : orders) counts.push_back(times);
    REQUIRE(counts.size() == cells);
    CHECK(std::abs(chi_square_deviation(counts)) < 3.3);
  }
}

TEST_CASE("random instructions refuse what they cannot draw", "[random]") {
  Operands operands;
  const RandomNormal normal = normals(operands, {4}, 0, {});
  const RandomUniform uniform = uniforms(operands, {4}, 0, {});
  const SampleIndices indices = samples(operands, 4, 0, 10);
  validate(normal);
  validate(uniform);
  CHECK(cost(uniform).flops == 12);
  CHECK(cost(uniform).bytes == 16 + 8);
  validate(indices);
  const auto refused = [](auto good, auto&& change) {
    change(good);
    REQUIRE_THROWS_AS(validate(good), Error);
  };
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  refused(normal, [](auto& op) { op.iteration = Tensor{}; });
  refused(normal, [&](auto& op) { op.iteration = operands.raw({2}, DType::U64); });
  refused(normal, [](auto& op) { op.y = Tensor{}; });
  refused(normal, [&](auto& op) { op.y = operands.bytes({4}, 1); });
  refused(normal, [](auto& op) { op.y.shape = Shape{std::int64_t{1} << 34, 2}; });  // beyond 2^32 counters; not touched
  refused(normal, [&](auto& op) { op.mean = nan; });
  refused(normal, [&](auto& op) { op.mean = infinity; });
  refused(normal, [](auto& op) { op.standard_deviation = -1; });
  refused(uniform, [](auto& op) { op.y = Tensor{}; });
  refused(uniform, [&](auto& op) { op.iteration = operands.raw({2}, DType::U64); });
  refused(uniform, [](auto& op) { op.low = op.high; });
  refused(uniform, [&](auto& op) { op.low = nan; });
  refused(uniform, [&](auto& op) { op.high = infinity; });
  refused(uniform, [](auto& op) { op.low = -3e38f, op.high = 3e38f; });
  refused(indices, [&](auto& op) { op.indices = operands.result({4}); });
  refused(indices, [&](auto& op) { op.indices = operands.indices({1, 2, 3, 4}).reshaped({2, 2}); });
  refused(indices, [](auto& op) { op.count = 0; });
  refused(indices, [](auto& op) { op.count = std::int64_t{1} << 31; });
  refused(indices, [](auto& op) { op.batch_index = op.batches_per_iteration; });
}
