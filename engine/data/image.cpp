#include "engine/data/image.h"

#include <fmt/format.h>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {
/// a * b / 255, rounded to nearest.
std::uint8_t scaled(int a, int b) { return static_cast<std::uint8_t>((a * b + 127) / 255); }
}  // namespace

void check_image_size(const std::string& name, std::int64_t width, std::int64_t height, const ImageLimits& limits) {
  const bool sides_fit = width >= 1 && width <= limits.max_side && height >= 1 && height <= limits.max_side;
  if (!sides_fit || width * height > limits.max_pixels)
    throw InputError(fmt::format("{}: says its size is {}x{}; accepted: sides of 1 to {}, at most {} pixels", name,
                                 width, height, limits.max_side, limits.max_pixels));
}

void grey_from_rgb(std::span<const std::uint8_t> rgb, std::span<std::uint8_t> grey) {
  require(rgb.size() == 3 * grey.size(), "{} bytes of RGB are not {} pixels", rgb.size(), grey.size());
  // The weights in 1/65536; they sum to 65536, so white stays 255.
  for (std::size_t i = 0; i < grey.size(); ++i)
    grey[i] =
        static_cast<std::uint8_t>((19595 * rgb[3 * i] + 38470 * rgb[3 * i + 1] + 7471 * rgb[3 * i + 2] + 32768) >> 16);
}

void rgb_from_grey(std::span<const std::uint8_t> grey, std::span<std::uint8_t> rgb) {
  require(rgb.size() == 3 * grey.size(), "{} bytes of RGB are not {} pixels", rgb.size(), grey.size());
  for (std::size_t i = 0; i < grey.size(); ++i) rgb[3 * i] = rgb[3 * i + 1] = rgb[3 * i + 2] = grey[i];
}

void composite_over_white(std::vector<std::uint8_t>& pixels, int channels) {
  const std::size_t count = pixels.size() / (channels + 1);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* const from = pixels.data() + i * (channels + 1);
    std::uint8_t* const to = pixels.data() + i * channels;  // never ahead of `from`, whose opacity is read first
    const int opacity = from[channels];
    for (int c = 0; c < channels; ++c) to[c] = static_cast<std::uint8_t>(255 - scaled(255 - from[c], opacity));
  }
  pixels.resize(count * channels);
}

void rgb_from_cmyk(std::vector<std::uint8_t>& pixels) {
  const std::size_t count = pixels.size() / 4;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* const ink = pixels.data() + i * 4;
    std::uint8_t* const rgb = pixels.data() + i * 3;
    const int light = 255 - ink[3];
    for (int c = 0; c < 3; ++c) rgb[c] = scaled(255 - ink[c], light);
  }
  pixels.resize(count * 3);
}

}  // namespace gan
