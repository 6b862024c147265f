#include "engine/data/image_converter.h"

#include <algorithm>

#include "engine/data/image.h"

namespace gan {

ImageConverter::ImageConverter(std::int64_t height, std::int64_t width, std::int64_t channels, const Dataset& dataset)
    : file_channels_(channels),
      channels_(dataset.channels),
      // Channels change before resampling when they get fewer, after it when they get more: the cheaper way round.
      resampler_(int(height), int(width), int(dataset.height), int(dataset.width),
                 int(std::min(channels, dataset.channels))),
      source_pixels_(height * width),
      target_pixels_(dataset.height * dataset.width) {}

void ImageConverter::run(std::span<const std::uint8_t> source, std::span<std::uint8_t> target,
                         ConversionBuffers& buffers) const {
  if (file_channels_ > channels_) {
    buffers.grey.resize(source_pixels_);
    grey_from_rgb(source, buffers.grey);
    resampler_.run(buffers.grey, target, buffers.rows);
  } else if (file_channels_ < channels_) {
    buffers.grey.resize(target_pixels_);
    resampler_.run(source, buffers.grey, buffers.rows);
    rgb_from_grey(buffers.grey, target);
  } else {
    resampler_.run(source, target, buffers.rows);
  }
}

}  // namespace gan
