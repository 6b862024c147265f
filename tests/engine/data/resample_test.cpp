#include "engine/data/resample.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "tests/engine/data/foreign_files.h"

using namespace gan;
using test::Bytes;
using test::noise;

namespace {

struct Case {
  int height, width, to_height, to_width, channels;
};

/// Guarded on both sides: nothing may be stored outside the target.
Bytes resample(const Bytes& source, const Case& c) {
  const std::size_t size = std::size_t(c.to_height) * c.to_width * c.channels;
  constexpr std::size_t kGuard = 32;
  Bytes guarded(size + 2 * kGuard, 0xa5);
  // Working memory from another use must not show in the result.
  std::vector<float> rows(3, std::numeric_limits<float>::quiet_NaN());
  Resampler(c.height, c.width, c.to_height, c.to_width, c.channels)
      .run(source, std::span(guarded).subspan(kGuard, size), rows);
  for (std::size_t i = 0; i < kGuard; ++i) REQUIRE((guarded[i] == 0xa5 && guarded[kGuard + size + i] == 0xa5));
  return {guarded.begin() + kGuard, guarded.end() - kGuard};
}

double triangle(double x) { return std::max(0.0, 1 - std::abs(x)); }

/// By another route than the resampler's: one double sum over all source pixels in two dimensions for every target
/// pixel, before rounding. The crop is the largest that leaves at least as much behind the target as in front.
std::vector<double> reference(const Bytes& source, const Case& c) {
  const double scale = std::max(double(c.to_height) / c.height, double(c.to_width) / c.width);
  const auto crop = [&](int size, int target, int other_size, int other_target) {
    if (target * other_size >= other_target * size) return 0;  // this axis sets the scale other_target / other_size
    int cut = 0;
    while (2 * (cut + 1) * other_size <= size * other_target - target * other_size) ++cut;
    return cut;
  };
  const int top = crop(c.height, c.to_height, c.width, c.to_width),
            left = crop(c.width, c.to_width, c.height, c.to_height);
  const double reach = std::max(1.0, 1 / scale);
  std::vector<double> target;
  for (int y = 0; y < c.to_height; ++y)
    for (int x = 0; x < c.to_width; ++x)
      for (int channel = 0; channel < c.channels; ++channel) {
        double sum = 0, total = 0;
        for (int i = 0; i < c.height; ++i)
          for (int j = 0; j < c.width; ++j) {
            const double weight = triangle((i + 0.5 - (top + y + 0.5) / scale) / reach) *
                                  triangle((j + 0.5 - (left + x + 0.5) / scale) / reach);
            sum += weight * source[(std::size_t(i) * c.width + j) * c.channels + channel];
            total += weight;
          }
        target.push_back(sum / total);
      }
  return target;
}

}  // namespace

TEST_CASE("resampling is the two-dimensional triangle mean, rounded", "[data][resample]") {
  const Case c = GENERATE(Case{28, 28, 32, 32, 1},  // Fashion-MNIST, growing by a fraction
                          Case{28, 28, 64, 64, 1},  //
                          Case{64, 64, 16, 16, 3},  // shrinking by a whole factor
                          Case{37, 53, 16, 16, 3},  // shrinking by a fraction, wide: left and right are cut
                          Case{53, 37, 16, 24, 1},  // tall source, wide target: top and bottom are cut
                          Case{9, 40, 9, 8, 3},     // scale 1, cut only
                          Case{1, 1, 5, 7, 3},      // one pixel: windows wider than the source
                          Case{1, 17, 4, 4, 1},     // one row
                          Case{17, 1, 4, 4, 1},     // one column
                          Case{5, 4, 1, 1, 3},      // one target pixel
                          Case{2, 3, 31, 33, 1},    // growing a lot: most windows reach over the edge
                          Case{33, 6, 3, 11, 1});   // one axis grows nothing, odd excess
  INFO(c.height << "x" << c.width << " to " << c.to_height << "x" << c.to_width << "x" << c.channels);
  const Bytes source = noise(std::size_t(c.height) * c.width * c.channels);
  const Bytes got = resample(source, c);
  const std::vector<double> want = reference(source, c);
  REQUIRE(got.size() == want.size());
  // Rounding to a byte is off by at most 1/2; each of the float additions and products before it by eps relative to
  // 255.
  const double terms = 2 * (2 * std::max(double(c.height) / c.to_height, double(c.width) / c.to_width) + 4);
  const double tolerance = 0.5 + 255 * terms * std::numeric_limits<float>::epsilon();
  for (std::size_t i = 0; i < got.size(); ++i)
    if (!(std::abs(got[i] - want[i]) <= tolerance)) FAIL("[" << i << "] got " << int(got[i]) << ", want " << want[i]);
}

TEST_CASE("a constant image stays constant at every size", "[data][resample]") {
  const int shade = GENERATE(0, 1, 127, 254, 255);  // 255: the largest sum must not run over
  for (const int from : {1, 2, 3, 28, 61, 200})
    for (const int to : {1, 2, 7, 32, 64}) {
      INFO("shade " << shade << ", " << from << " to " << to);
      const Case c{from, from + 3, to, to, 3};
      REQUIRE(resample(Bytes(std::size_t(from) * (from + 3) * 3, std::uint8_t(shade)), c) ==
              Bytes(std::size_t(to) * to * 3, std::uint8_t(shade)));
    }
}

TEST_CASE("an image that has the target's scale is copied", "[data][resample]") {
  const Bytes same = noise(7 * 9 * 3);
  REQUIRE(resample(same, {7, 9, 7, 9, 3}) == same);
  // 12 wide to 9: of three in excess, one is cut in front and two behind.
  const Bytes wide = noise(7 * 12);
  Bytes middle;
  for (int y = 0; y < 7; ++y) middle.insert(middle.end(), wide.begin() + y * 12 + 1, wide.begin() + y * 12 + 10);
  REQUIRE(resample(wide, {7, 12, 7, 9, 1}) == middle);
}

TEST_CASE("shrinking by a whole factor preserves the mean", "[data][resample]") {
  // Away from the edge every source pixel has the same total weight, so light inside a black border is conserved;
  // rounding moves each target pixel, and so the mean, by at most 1/2.
  const int factor = GENERATE(2, 3, 4, 8);
  const int target = 16, size = target * factor, border = 2 * factor;
  Bytes source = noise(std::size_t(size) * size);
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x)
      if (std::min({x, y, size - 1 - x, size - 1 - y}) < border) source[std::size_t(y) * size + x] = 0;
  const auto mean = [](const Bytes& bytes) {
    return std::accumulate(bytes.begin(), bytes.end(), 0.0) / double(bytes.size());
  };
  REQUIRE(mean(source) > 50);
  REQUIRE(std::abs(mean(resample(source, {size, size, target, target, 1})) - mean(source)) <= 0.5);
}

TEST_CASE("stripes finer than the target's pixels become grey", "[data][resample]") {
  // Without antialiasing every fourth column of period-2 stripes would be all black or all white.
  const int size = 64, target = 16;
  Bytes stripes(std::size_t(size) * size);
  for (std::size_t i = 0; i < stripes.size(); ++i) stripes[i] = i % 2 == 0 ? 0 : 255;
  for (const std::uint8_t pixel : resample(stripes, {size, size, target, target, 1})) {
    REQUIRE(pixel > 110);
    REQUIRE(pixel < 145);
  }
}

TEST_CASE("filters stay inside the source and their windows never go back", "[data][resample]") {
  for (const int source : {1, 2, 5, 28, 100})
    for (const int target : {1, 3, 28, 64}) {
      INFO(source << " to " << target);
      const AxisFilter filter = triangle_filter(source, target, 0, double(target) / source);
      REQUIRE(int(filter.first.size()) == target);
      REQUIRE(filter.weights.size() == std::size_t(target) * filter.taps);
      for (int i = 0; i < target; ++i) {
        REQUIRE(filter.first[i] >= (i == 0 ? 0 : filter.first[i - 1]));
        REQUIRE(filter.first[i] + filter.taps <= source);
        double sum = 0;
        for (int t = 0; t < filter.taps; ++t) {
          REQUIRE(filter.weights[std::size_t(i) * filter.taps + t] >= 0);
          sum += filter.weights[std::size_t(i) * filter.taps + t];
        }
        // Each weight was rounded once, to half an ulp of at most 1.
        REQUIRE(std::abs(sum - 1) <= filter.taps * std::numeric_limits<float>::epsilon());
      }
    }
}

TEST_CASE("resampling refuses buffers and channels that do not fit", "[data][resample]") {
  std::vector<float> rows;
  Bytes source(12), target(4);
  test::require_error<Error>([&] { Resampler(4, 3, 2, 2, 2); }, {"1 or 3 channels"});
  test::require_error<Error>([&] { Resampler(0, 3, 2, 2, 1); }, {"cannot resample"});
  test::require_error<Error>([&] { Resampler(4, 3, 2, 2, 1).run({source.data(), 11}, target, rows); }, {"11"});
}
