// Pixels in the host's memory: what files are decoded to and encoded from.
#pragma once

#include <cstdint>
#include <vector>

namespace gan {

/// An 8-bit image, rows from top to bottom.
struct Image {
  std::int64_t height = 0;           ///< H
  std::int64_t width = 0;            ///< W
  std::int64_t channels = 0;         ///< C: 1 grey, 3 RGB
  std::vector<std::uint8_t> pixels;  ///< (H,W,C)
};

}  // namespace gan
