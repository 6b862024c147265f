#include "engine/files/points_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr std::int64_t kSide = 512;
constexpr std::uint8_t kBackground = 255;

using Colour = std::array<std::uint8_t, 3>;
// Two of the colours of Okabe & Ito 2008 that stand apart for every eye: grey, and blue.
constexpr Colour kReal = {153, 153, 153}, kMade = {0, 114, 178};

/// An interval of an axis.
struct Interval {
  double low = 0, high = 0;

  /// Where `value` lies in it, from 0 to 1.
  double place(double value) const { return (value - low) / (high - low); }
};

/// What a picture shows.
struct Window {
  Interval x, y;
};

Interval range_of(std::span<const float> points, int dimension, int axis) {
  Interval range{points[static_cast<std::size_t>(axis)], points[static_cast<std::size_t>(axis)]};
  for (std::size_t i = static_cast<std::size_t>(axis); i < points.size(); i += static_cast<std::size_t>(dimension)) {
    range.low = std::min<double>(range.low, points[i]);
    range.high = std::max<double>(range.high, points[i]);
  }
  return range;
}

Interval of_length(const Interval& range, double length) {
  const double middle = (range.low + range.high) / 2;
  return {middle - length / 2, middle + length / 2};
}

Window window_of(std::span<const float> real, int dimension) {
  constexpr double kMargins = 1.5, kLeast = 1e-6;
  const Interval x = range_of(real, dimension, 0), y = range_of(real, dimension, dimension - 1);
  const double length = std::max({x.high - x.low, y.high - y.low, kLeast}) * kMargins;
  return {of_length(x, length), of_length(y, length)};
}

/// Mixes `colour` into a pixel, `share` of it.
void blend(Image& picture, std::int64_t row, std::int64_t column, const Colour& colour, double share) {
  if (row < 0 || row >= kSide || column < 0 || column >= kSide || share <= 0) return;
  for (std::size_t c = 0; c < 3; ++c) {
    std::uint8_t& value = picture.pixels[static_cast<std::size_t>(3 * (row * kSide + column)) + c];
    value = static_cast<std::uint8_t>(std::lround(value + share * (colour[c] - value)));
  }
}

/// A disc of radius 2 pixels with a soft edge.
void draw_dot(Image& picture, double x, double y, const Colour& colour) {
  constexpr double kRadius = 2, kOpacity = 0.6;
  const auto row = static_cast<std::int64_t>(std::floor(y)), column = static_cast<std::int64_t>(std::floor(x));
  for (std::int64_t dy = -3; dy <= 3; ++dy)
    for (std::int64_t dx = -3; dx <= 3; ++dx) {
      const double from_y = static_cast<double>(row + dy) + 0.5 - y,
                   from_x = static_cast<double>(column + dx) + 0.5 - x;
      const double inside = std::clamp(kRadius + 0.5 - std::sqrt(from_x * from_x + from_y * from_y), 0.0, 1.0);
      blend(picture, row + dy, column + dx, colour, kOpacity * inside);
    }
}

void draw_plane(Image& picture, const Window& window, std::span<const float> points, const Colour& colour) {
  for (std::size_t i = 0; i + 1 < points.size(); i += 2) {
    const double x = window.x.place(points[i]), y = window.y.place(points[i + 1]);
    if (x >= 0 && x <= 1 && y >= 0 && y <= 1) draw_dot(picture, x * kSide, (1 - y) * kSide, colour);
  }
}

using Histogram = std::array<double, 64>;

/// The share of all points, those outside too, in every bin of the window.
Histogram histogram_of(const Interval& window, std::span<const float> points) {
  Histogram shares{};
  for (const float point : points) {
    const double place = window.place(point) * static_cast<double>(shares.size());
    if (place >= 0 && place < static_cast<double>(shares.size()))
      shares[static_cast<std::size_t>(place)] += 1.0 / static_cast<double>(points.size());
  }
  return shares;
}

/// Bars from the bottom; `highest` reaches nine tenths of the picture.
void draw_bars(Image& picture, const Histogram& shares, double highest, const Colour& colour) {
  constexpr double kOpacity = 0.5;
  const std::int64_t width = kSide / static_cast<std::int64_t>(shares.size());
  for (std::size_t bin = 0; bin < shares.size(); ++bin) {
    const double height = shares[bin] / highest * 0.9 * kSide;
    for (std::int64_t row = 0; row < kSide; ++row) {
      const double inside = std::clamp(height - static_cast<double>(kSide - 1 - row), 0.0, 1.0);
      for (std::int64_t i = 0; i < width; ++i)
        blend(picture, row, static_cast<std::int64_t>(bin) * width + i, colour, kOpacity * inside);
    }
  }
}

void draw_line(Image& picture, const Window& window, std::span<const float> real, std::span<const float> made) {
  const Histogram of_real = histogram_of(window.x, real), of_made = histogram_of(window.x, made);
  const double highest =
      std::max(*std::max_element(of_real.begin(), of_real.end()), *std::max_element(of_made.begin(), of_made.end()));
  draw_bars(picture, of_real, highest, kReal);
  draw_bars(picture, of_made, highest, kMade);
}

}  // namespace

Image points_picture(std::span<const float> real, std::span<const float> made, int dimension) {
  require((dimension == 1 || dimension == 2) && !real.empty() &&
              real.size() % static_cast<std::size_t>(dimension) == 0 &&
              made.size() % static_cast<std::size_t>(dimension) == 0,
          "a picture of {} and {} numbers in {} dimensions", real.size(), made.size(), dimension);
  Image picture{.height = kSide,
                .width = kSide,
                .channels = 3,
                .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(kSide * kSide * 3), kBackground)};
  const Window window = window_of(real, dimension);
  if (dimension == 1) {
    draw_line(picture, window, real, made);
  } else {
    draw_plane(picture, window, real, kReal);
    draw_plane(picture, window, made, kMade);
  }
  return picture;
}

}  // namespace gan
