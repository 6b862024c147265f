// PNG and JPEG files as decoded images.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/data/image.h"

namespace gan {

enum class ImageFormat { Unknown, Png, Jpeg };

/// Bytes of a file that `image_format` wants to see.
inline constexpr std::size_t kImageSignatureBytes = 8;

/// The format of a file that starts with `head`. Names and suffixes play no part.
ImageFormat image_format(std::span<const std::uint8_t> head);

/// What a file's header says, before anything is decoded.
struct ImageInfo {
  int height = 0, width = 0;
  bool has_colour = false;  ///< decodes to 3 channels; palettes count as colour
};

/// Reads the header of a PNG or JPEG file's bytes. `name` (the path) begins the message of every error.
/// Throws InputError for other formats, damage, and sizes beyond `limits`.
ImageInfo read_image_info(std::span<const std::uint8_t> bytes, const std::string& name, const ImageLimits& limits = {});

/// Decodes a PNG or JPEG file's bytes to grey or RGB, 8 bits, as the file has it: bits are scaled to 8, palettes looked
/// up, transparency put over white, CMYK and YCCK turned to RGB. Gamma, colour profiles and orientation tags are not
/// applied (as in Pillow's and torchvision's loaders).
/// Throws InputError for what `read_image_info` refuses, and for data that is damaged or ends early: a file is decoded
/// whole or not at all.
Image decode_image(std::span<const std::uint8_t> bytes, const std::string& name, const ImageLimits& limits = {});

}  // namespace gan
