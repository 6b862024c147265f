// PNG, JPEG and WebP files as decoded images.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/data/image.h"

namespace gan {

enum class ImageFormat { Unknown, Png, Jpeg, WebP };

/// Bytes of a file that `image_format` wants to see.
inline constexpr std::size_t kImageSignatureBytes = 21;

/// What can be read, for messages: "accepted: " + this.
inline constexpr std::string_view kReadableImages = "PNG, JPEG and WebP";

/// A file of more bytes is no image: the limit for reading one.
inline constexpr std::uint64_t kMaxImageBytes = std::uint64_t{1} << 30;

/// The format of a file that starts with `head`. Names and suffixes play no part. An animated WebP file is Unknown.
ImageFormat image_format(std::span<const std::uint8_t> head);

/// What a file's header says, before anything is decoded.
struct ImageInfo {
  int height = 0, width = 0;
  bool has_colour = false;  ///< decodes to 3 channels; palettes count as colour, and WebP files always do
};

/// Reads the header of an image file's bytes. `name` (the path) begins the message of every error.
/// Throws InputError for other formats, damage, and sizes beyond `limits`.
ImageInfo read_image_info(std::span<const std::uint8_t> bytes, const std::string& name, const ImageLimits& limits = {});

/// Decodes an image file's bytes to grey or RGB, 8 bits, as the file has it: bits are scaled to 8, palettes looked
/// up, transparency put over white, CMYK and YCCK turned to RGB. Gamma, colour profiles and orientation tags are not
/// applied (as in Pillow's and torchvision's loaders).
/// Throws InputError for what `read_image_info` refuses, and for data that is damaged or ends early: a file is decoded
/// whole or not at all.
Image decode_image(std::span<const std::uint8_t> bytes, const std::string& name, const ImageLimits& limits = {});

}  // namespace gan
