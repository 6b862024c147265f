// From images as their files have them to the one size and colours of a data set.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/data/resample.h"

namespace gan {

/// A thread's working memory; grows as needed.
struct ConversionBuffers {
  std::vector<std::uint8_t> grey;
  std::vector<float> rows;
};

/// Converts images of one size: resized to cover and cropped at the centre (resample.h), grey to RGB or RGB to grey.
class ImageConverter {
 public:
  /// Images (H,W,C) of `height`, `width` and `channels` (1 or 3), for `dataset`, of which only size and channels are
  /// read.
  ImageConverter(std::int64_t height, std::int64_t width, std::int64_t channels, const Dataset& dataset);

  /// One image, (H,W,C) of the file -> (H,W,C) of the data set. May be called from many threads, each with its buffers.
  void run(std::span<const std::uint8_t> source, std::span<std::uint8_t> target, ConversionBuffers& buffers) const;

 private:
  std::int64_t file_channels_, channels_;
  Resampler resampler_;
  std::int64_t source_pixels_, target_pixels_;
};

}  // namespace gan
