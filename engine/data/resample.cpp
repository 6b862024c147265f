#include "engine/data/resample.h"

#include <algorithm>
#include <cmath>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// One row through the horizontal filter, C interleaved channels.
template <int C>
void filter_row_of(const AxisFilter& filter, const std::uint8_t* source, float* target) {
  const int count = static_cast<int>(filter.first.size());
  const float* weights = filter.weights.data();
  for (int x = 0; x < count; ++x, weights += filter.taps) {
    const std::uint8_t* window = source + std::int64_t{filter.first[x]} * C;
    float sum[C] = {};
    for (int t = 0; t < filter.taps; ++t)
      for (int c = 0; c < C; ++c) sum[c] += weights[t] * float(window[t * C + c]);
    for (int c = 0; c < C; ++c) target[x * C + c] = sum[c];
  }
}

}  // namespace

AxisFilter triangle_filter(int source, int target, std::int64_t offset, double scale) {
  const double half_width = std::max(1.0, 1.0 / scale);
  const auto triangle = [&](int pixel, double center) {
    return std::max(0.0, 1.0 - std::abs(pixel + 0.5 - center) / half_width);
  };
  struct Window {
    int first, last;
  };
  std::vector<Window> windows(target);
  AxisFilter filter;
  for (int i = 0; i < target; ++i) {
    const double center = (double(offset + i) + 0.5) / scale;
    // Start from whole pixels around the triangle, then drop what it gives no weight.
    Window& window = windows[i];
    window.first = std::clamp(static_cast<int>(std::floor(center - half_width - 0.5)), 0, source - 1);
    window.last = std::clamp(static_cast<int>(std::ceil(center + half_width - 0.5)), 0, source - 1);
    while (window.first < window.last && triangle(window.first, center) <= 0) ++window.first;
    while (window.last > window.first && triangle(window.last, center) <= 0) --window.last;
    filter.taps = std::max(filter.taps, window.last - window.first + 1);
  }
  filter.first.resize(target);
  filter.weights.resize(std::size_t(target) * filter.taps);
  for (int i = 0; i < target; ++i) {
    const double center = (double(offset + i) + 0.5) / scale;
    // Windows narrower than the widest are padded with weight 0, inside the source.
    const int first = std::min(windows[i].first, source - filter.taps);
    double sum = 0;
    for (int pixel = windows[i].first; pixel <= windows[i].last; ++pixel) sum += triangle(pixel, center);
    filter.first[i] = first;
    for (int pixel = windows[i].first; pixel <= windows[i].last; ++pixel)
      filter.weights[std::size_t(i) * filter.taps + (pixel - first)] = float(triangle(pixel, center) / sum);
  }
  return filter;
}

Resampler::Resampler(int source_height, int source_width, int target_height, int target_width, int channels)
    : source_height_(source_height),
      source_width_(source_width),
      target_height_(target_height),
      target_width_(target_width),
      channels_(channels) {
  require(source_height >= 1 && source_width >= 1 && target_height >= 1 && target_width >= 1,
          "cannot resample {}x{} to {}x{}", source_width, source_height, target_width, target_height);
  require(channels == 1 || channels == 3, "resampling takes 1 or 3 channels, not {}", channels);
  // The axis that needs the larger scale sets it; the other has target pixels in excess. In integers, because the crop
  // must not depend on how a quotient was rounded.
  const bool height_sets = std::int64_t{target_height} * source_width >= std::int64_t{target_width} * source_height;
  const std::int64_t to = height_sets ? target_height : target_width;
  const std::int64_t from = height_sets ? source_height : source_width;
  const auto crop = [&](std::int64_t source, std::int64_t target) {
    return (source * to - target * from) / (2 * from);
  };
  const double scale = double(to) / double(from);
  vertical_ = triangle_filter(source_height, target_height, crop(source_height, target_height), scale);
  horizontal_ = triangle_filter(source_width, target_width, crop(source_width, target_width), scale);
}

void Resampler::filter_row(const std::uint8_t* source, float* target) const {
  if (channels_ == 1) filter_row_of<1>(horizontal_, source, target);
  else filter_row_of<3>(horizontal_, source, target);
}

void Resampler::run(std::span<const std::uint8_t> source, std::span<std::uint8_t> target,
                    std::vector<float>& rows) const {
  const std::size_t source_row = std::size_t(source_width_) * channels_;
  const std::size_t target_row = std::size_t(target_width_) * channels_;
  require(source.size() == source_row * source_height_ && target.size() == target_row * target_height_,
          "resampling {}x{} to {}x{} was given {} and {} bytes", source_width_, source_height_, target_width_,
          target_height_, source.size(), target.size());
  if (source_height_ == target_height_ && source_width_ == target_width_) {
    std::copy(source.begin(), source.end(), target.begin());
    return;
  }
  // The vertical window slides down: horizontally filtered rows wait in a ring of `taps` rows, each computed once.
  const int taps = vertical_.taps;
  rows.resize(target_row * (taps + 1));
  float* const sum = rows.data() + target_row * taps;
  int next = 0;
  for (int y = 0; y < target_height_; ++y) {
    const int first = vertical_.first[y];
    for (next = std::max(next, first); next < first + taps; ++next)
      filter_row(source.data() + next * source_row, rows.data() + next % taps * target_row);
    const float* const weights = vertical_.weights.data() + std::size_t(y) * taps;
    std::fill_n(sum, target_row, 0.5f);
    for (int t = 0; t < taps; ++t) {
      const float* const row = rows.data() + (first + t) % taps * target_row;
      for (std::size_t i = 0; i < target_row; ++i) sum[i] += weights[t] * row[i];
    }
    // 255 plus rounding errors of a few ulp plus 1/2 stays below 256: the cast cannot overflow.
    std::uint8_t* const out = target.data() + y * target_row;
    for (std::size_t i = 0; i < target_row; ++i) out[i] = static_cast<std::uint8_t>(sum[i]);
  }
}

}  // namespace gan
