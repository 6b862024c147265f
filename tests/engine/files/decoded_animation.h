// Animations read back by the libraries that viewers use.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/files/image.h"

namespace gan::test {

/// A whole animation, frames as a viewer shows them.
struct DecodedAnimation {
  std::vector<Image> frames;               ///< RGB
  std::vector<std::int64_t> milliseconds;  ///< when each frame gives way to the next
  bool endless = false;                    ///< repeats without end
};

/// Reads the bytes of a WebP (libwebp's animation decoder) or GIF file (giflib). Error for what neither can read.
DecodedAnimation decode_webp(const std::string& bytes);
DecodedAnimation decode_gif(const std::string& bytes);

/// The same picture in three channels.
Image as_rgb(const Image& image);

}  // namespace gan::test
