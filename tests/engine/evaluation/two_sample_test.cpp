// The classifier two-sample test on the built-in shapes: what it says of equal and of shifted sets.
#include "engine/evaluation/two_sample.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "engine/data/shapes.h"
#include "engine/evaluation/permutation.h"
#include "engine/evaluation/sample_sets.h"
#include "engine/evaluation/telling.h"
#include "tests/support/catch.h"

using namespace gan;

namespace {

constexpr int kSide = 16;

/// `count` shapes from number `first` on.
Dataset some_shapes(std::int64_t first, std::int64_t count) {
  static const Dataset all =
      make_shapes({.source = "shapes", .height = kSide, .width = kSide, .channels = 1, .seed = 1});
  Dataset some = reserve_dataset("shapes", count, kSide, kSide, 1);
  const auto begin = all.pixels.begin() + first * all.image_bytes();
  some.pixels.assign(begin, begin + count * all.image_bytes());
  return some;
}

/// The same, every pixel brighter by `shift`.
Dataset shifted(Dataset set, int shift) {
  for (std::uint8_t& pixel : set.pixels) pixel = static_cast<std::uint8_t>(std::clamp(pixel + shift, 0, 255));
  return set;
}

TwoSampleSettings quick(std::uint64_t seed) {
  return {.model = {.model = "mlp", .image = {kSide, kSide, 1}, .width = 4},
          .optimizer = {.learning_rate = 1e-3},
          .batch = 32,
          .iterations = 60,
          .permutations = 199,
          .seed = seed,
          .device = "cpu",
          .threads = 1};
}

TwoSampleResult test(const Dataset& a, const Dataset& b, const TwoSampleSettings& settings) {
  Overseer nobody;
  return two_sample_test(a, b, settings, nobody);
}

}  // namespace

TEST_CASE("sets of one distribution: no difference", "[two_sample]") {
  const Dataset a = some_shapes(0, 600), b = some_shapes(600, 600);
  for (const std::uint64_t seed : {1, 2, 3}) {
    const TwoSampleResult r = test(a, b, quick(seed));
    INFO("seed " << seed << ": " << r.correct << " of " << 2 * r.tested << ", p " << r.binomial_p << ", "
                 << r.permutation_p);
    // Each p is below 0.005, the least of 199 permutations, for one seed in 200.
    CHECK(r.binomial_p > 0.005);
    CHECK(r.permutation_p > 0.005);
    CHECK(r.trained == 300);
    CHECK(r.tested == 300);
  }
}

TEST_CASE("a shift is found, from either side", "[two_sample]") {
  const Dataset a = some_shapes(0, 600), b = shifted(some_shapes(600, 600), 60);
  for (const bool swapped : {false, true}) {
    const TwoSampleResult r = swapped ? test(b, a, quick(1)) : test(a, b, quick(1));
    INFO(r.correct << " of " << 2 * r.tested);
    CHECK(r.binomial_p < 1e-6);
    CHECK(r.permutation_p == 1.0 / 200);
    CHECK(r.interval.low > 0.5);
    CHECK(r.interval.low < r.accuracy);
    CHECK(r.interval.high > r.accuracy);
  }
}

TEST_CASE("the numbers are those of the held-out verdicts", "[two_sample]") {
  const Dataset a = some_shapes(0, 401), b = shifted(some_shapes(600, 700), 30);
  TwoSampleSettings settings = quick(5);
  settings.most = 333;
  const TwoSampleResult r = test(a, b, settings);
  CHECK(r.trained == 166);
  CHECK(r.tested == 167);
  std::int64_t correct = 0;
  for (const auto& [side, set, is_a] : {std::tuple{&r.a, &a, true}, std::tuple{&r.b, &b, false}}) {
    REQUIRE(side->rows.size() == 167);
    REQUIRE(side->logits.size() == 167);
    const std::set<std::int64_t> rows(side->rows.begin(), side->rows.end());
    CHECK(rows.size() == 167);
    CHECK(*rows.begin() >= 0);
    CHECK(*rows.rbegin() < set->count);
    CHECK(*rows.rbegin() - *rows.begin() > 250);  // from all of the set
    for (const float logit : side->logits) correct += (logit > 0) == is_a;
  }
  CHECK(r.correct == correct);
  CHECK(r.accuracy == static_cast<double>(correct) / 334);
  CHECK(r.binomial_p == binomial_upper_tail(correct, 334, 0.5));
  CHECK(r.permutation_p == permutation_p_value(r.a.logits, r.b.logits, 199, 5));
  const TwoSampleResult again = test(a, b, settings);
  CHECK(again.a.logits == r.a.logits);
  CHECK(again.b.rows == r.b.rows);
  settings.seed = 6;
  CHECK(test(a, b, settings).a.rows != r.a.rows);
}

TEST_CASE("the classifier never sees what it is tested on", "[two_sample]") {
  // 20 images a set and long training: known by heart, a set's would all be told right; others cannot be.
  const Dataset a = some_shapes(0, 20), b = some_shapes(20, 20);
  TwoSampleSettings settings = quick(1);
  settings.iterations = 400;
  std::int64_t right_of_a = 0, right_of_b = 0;
  for (settings.seed = 1; settings.seed <= 5; ++settings.seed) {
    const TwoSampleResult r = test(a, b, settings);
    REQUIRE(r.tested == 10);
    for (const float logit : r.a.logits) right_of_a += logit > 0;
    for (const float logit : r.b.logits) right_of_b += logit <= 0;
  }
  INFO(right_of_a << " and " << right_of_b << " of 50");
  CHECK(right_of_a < 45);  // 25, more of one and fewer of the other where the classifier leans to a side
  CHECK(right_of_b < 45);
}

TEST_CASE("a verdict belongs to the row beside it", "[two_sample]") {
  // B's second half is far brighter than all of A: its rows are the ones that are surely B's.
  const Dataset a = some_shapes(0, 400), light = shifted(some_shapes(600, 200), 100);
  Dataset b = some_shapes(400, 200);
  b.pixels.insert(b.pixels.end(), light.pixels.begin(), light.pixels.end());
  b.count += light.count;
  const TwoSampleResult r = test(a, b, quick(1));
  double plain = 0, bright = 0;
  std::int64_t bright_rows = 0;
  for (std::size_t i = 0; i < r.b.rows.size(); ++i) {
    const bool is_bright = r.b.rows[i] >= 200;
    bright_rows += is_bright;
    (is_bright ? bright : plain) += r.b.logits[i];
  }
  REQUIRE(bright_rows > 50);
  const double mean_plain = plain / static_cast<double>(r.tested - bright_rows),
               mean_bright = bright / static_cast<double>(bright_rows);
  INFO(mean_plain << " and " << mean_bright);
  CHECK(mean_bright < mean_plain - 1);  // a ratio of densities that differs by a factor of e
  for (const std::int64_t row : most_telling(r, 10).b) CHECK(row >= 200);
}

TEST_CASE("the most telling images come first, A's above B's", "[two_sample]") {
  TwoSampleResult r;
  r.a = {.rows = {5, 0, 3}, .logits = {-1, 2, 7}};
  r.b = {.rows = {9, 4, 1}, .logits = {-1, -8, 3}};
  const Telling all = most_telling(r, 32), one = most_telling(r, 1);
  CHECK(all.a == std::vector<std::int64_t>{3, 0, 5});
  CHECK(all.b == std::vector<std::int64_t>{4, 9, 1});
  CHECK(one.a == std::vector<std::int64_t>{3});
  CHECK(one.b == std::vector<std::int64_t>{4});
  const Dataset a = some_shapes(0, 10), b = some_shapes(10, 10);
  const Image sheet = telling_sheet(a, b, all);
  CHECK(sheet.height == 2 * (kSide + 2) + 2);
  CHECK(sheet.width == 8 * (kSide + 2) + 2);
  const auto pixel = [&](int cell_row, int cell_column, int y, int x) {
    return sheet.pixels[static_cast<std::size_t>((2 + cell_row * (kSide + 2) + y) * sheet.width + 2 +
                                                 cell_column * (kSide + 2) + x)];
  };
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x) {
      const auto at = static_cast<std::size_t>(y * kSide + x), image = static_cast<std::size_t>(kSide * kSide);
      REQUIRE(pixel(0, 1, y, x) == a.pixels[0 * image + at]);
      REQUIRE(pixel(1, 0, y, x) == b.pixels[4 * image + at]);
      REQUIRE(pixel(1, 3, y, x) == 255);  // nothing there
    }
}

TEST_CASE("parts of a set", "[two_sample]") {
  Dataset set = reserve_dataset("numbers", 10, 1, 1, 1);
  for (std::uint8_t i = 0; i < 10; ++i) set.pixels.push_back(i);
  const Dataset part = random_part(set, 4, 1);
  CHECK(part.count == 4);
  CHECK(std::set(part.pixels.begin(), part.pixels.end()).size() == 4);
  CHECK(part.pixels != random_part(set, 4, 2).pixels);
  const Dataset all = random_part(set, 99, 1);
  CHECK(all.count == 10);
  CHECK(std::accumulate(all.pixels.begin(), all.pixels.end(), 0) == 45);
  const Dataset end = split_off(set, 3);
  CHECK(set.count == 7);
  CHECK(set.pixels == std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5, 6});
  CHECK(end.count == 3);
  CHECK(end.pixels == std::vector<std::uint8_t>{7, 8, 9});
}
