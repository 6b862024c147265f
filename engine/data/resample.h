// Resizing with antialiasing and cropping at the centre, in one separable pass over the pixels that are seen.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gan {

/// One axis of a resampling: every target pixel is a weighted mean of `taps` neighbouring source pixels.
struct AxisFilter {
  int taps = 0;
  std::vector<int> first;      ///< (target) first source pixel of the window; never decreases; first + taps <= source
  std::vector<float> weights;  ///< (target, taps) not negative, each row sums to 1
};

/// Filter of one axis. Target pixel i looks at source position c = (offset + i + 1/2) / scale, through a triangle of
/// half-width max(1, 1/scale) source pixels: linear interpolation where the image grows, an area-weighted mean where it
/// shrinks (Pillow's and torchvision's antialiased "bilinear"). Weights outside the source are left out and the rest
/// normalised, so that a constant stays constant. The triangle never overshoots, so bytes need no clamping.
/// `offset`: target pixels cut off in front; `scale`: target pixels for each source pixel.
AxisFilter triangle_filter(int source, int target, std::int64_t offset, double scale);

/// Resizes images of one size so that they just cover the target, keeping their aspect ratio, and crops at the centre.
/// The crop starts at a whole target pixel, so an image that has the target's scale already is copied, not blurred.
/// Weights are computed once; `run` is const and may be called from many threads, each with its own `rows`.
class Resampler {
 public:
  /// Sides of at least 1; `channels` 1 or 3.
  Resampler(int source_height, int source_width, int target_height, int target_width, int channels);

  /// source (H,W,C) -> target (P,Q,C), rounded to nearest. `rows` is working memory, grown as needed.
  void run(std::span<const std::uint8_t> source, std::span<std::uint8_t> target, std::vector<float>& rows) const;

 private:
  void filter_row(const std::uint8_t* source, float* target) const;

  int source_height_, source_width_, target_height_, target_width_, channels_;
  AxisFilter vertical_, horizontal_;
};

}  // namespace gan
