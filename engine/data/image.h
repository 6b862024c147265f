// What a foreign image may be at most, and its colours.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/files/image.h"

namespace gan {

/// What a header may claim before anything is allocated for it.
struct ImageLimits {
  std::int64_t max_side = 16384;
  std::int64_t max_pixels = std::int64_t{1} << 28;
};

/// Throws InputError that starts with `name` unless 1 <= width, height <= max_side and width * height <= max_pixels.
void check_image_size(const std::string& name, std::int64_t width, std::int64_t height, const ImageLimits& limits);

/// rgb (P,3) -> grey (P): BT.601 luma 0.299 R + 0.587 G + 0.114 B, rounded to nearest.
void grey_from_rgb(std::span<const std::uint8_t> rgb, std::span<std::uint8_t> grey);

/// grey (P) -> rgb (P,3).
void rgb_from_grey(std::span<const std::uint8_t> grey, std::span<std::uint8_t> rgb);

/// pixels (P,C+1), the last channel opacity -> (P,C) over white, in place (the vector shrinks), rounded to nearest.
void composite_over_white(std::vector<std::uint8_t>& pixels, int channels);

/// cmyk (P,4) as ink (0 none, 255 full) -> rgb (P,3), in place (the vector shrinks): R = (1 - C)(1 - K), no profile.
void rgb_from_cmyk(std::vector<std::uint8_t>& pixels);

}  // namespace gan
