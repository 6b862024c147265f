// WebP files as libwebp's encoder writes them.
#pragma once

#include <webp/encode.h>

#include "tests/engine/data/foreign_files.h"

namespace gan::test {

/// `samples` (H,W,C), C 3 or 4, exactly as they are (but for the colour of what is wholly transparent).
inline Bytes encode_webp_lossless(int width, int height, int channels, const Bytes& samples) {
  REQUIRE(samples.size() == std::size_t(width) * height * channels);
  std::uint8_t* buffer = nullptr;
  const std::size_t size = channels == 4 ? WebPEncodeLosslessRGBA(samples.data(), width, height, 4 * width, &buffer)
                                         : WebPEncodeLosslessRGB(samples.data(), width, height, 3 * width, &buffer);
  REQUIRE(size > 0);
  Bytes out(buffer, buffer + size);
  WebPFree(buffer);
  return out;
}

/// The lossy format, at its best quality.
inline Bytes encode_webp_lossy(int width, int height, int channels, const Bytes& samples) {
  REQUIRE(samples.size() == std::size_t(width) * height * channels);
  std::uint8_t* buffer = nullptr;
  const std::size_t size = channels == 4 ? WebPEncodeRGBA(samples.data(), width, height, 4 * width, 100, &buffer)
                                         : WebPEncodeRGB(samples.data(), width, height, 3 * width, 100, &buffer);
  REQUIRE(size > 0);
  Bytes out(buffer, buffer + size);
  WebPFree(buffer);
  return out;
}

/// The header of an animation of 16 x 16 pixels: RIFF, and the chunk VP8X with its flag.
inline Bytes animated_webp_header() {
  return {'R', 'I', 'F', 'F', 22, 0, 0, 0, 'W', 'E', 'B', 'P', 'V', 'P', '8',
          'X', 10,  0,   0,   0,  2, 0, 0, 0,   15,  0,   0,   15,  0,   0};
}

}  // namespace gan::test
