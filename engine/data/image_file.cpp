#include "engine/data/image_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/data/image_codec.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

bool starts_with(std::span<const std::uint8_t> head, std::span<const std::uint8_t> signature) {
  return head.size() >= signature.size() && std::equal(signature.begin(), signature.end(), head.begin());
}

InputError unknown_format(const std::string& name) {
  return InputError(fmt::format("{}: not an image that can be read; accepted: {}", name, kReadableImages));
}

/// "RIFF", a size, "WEBP"; then the chunk of the image, or VP8X with flags, of which 2 means an animation.
bool is_still_webp(std::span<const std::uint8_t> head) {
  constexpr std::array<std::uint8_t, 4> kRiff = {'R', 'I', 'F', 'F'};
  constexpr std::array<std::uint8_t, 8> kExtended = {'W', 'E', 'B', 'P', 'V', 'P', '8', 'X'};
  constexpr std::size_t kFlags = 20;
  if (head.size() < 12 || !starts_with(head, kRiff)) return false;
  const auto form = head.subspan(8);
  if (!starts_with(form, std::span(kExtended).first(4))) return false;
  return !starts_with(form, kExtended) || head.size() <= kFlags || (head[kFlags] & 2) == 0;
}

}  // namespace

ImageFormat image_format(std::span<const std::uint8_t> head) {
  constexpr std::array<std::uint8_t, 8> kPng = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  constexpr std::array<std::uint8_t, 3> kJpeg = {0xff, 0xd8, 0xff};
  if (starts_with(head, kPng)) return ImageFormat::Png;
  if (starts_with(head, kJpeg)) return ImageFormat::Jpeg;
  if (is_still_webp(head)) return ImageFormat::WebP;
  return ImageFormat::Unknown;
}

ImageInfo read_image_info(std::span<const std::uint8_t> bytes, const std::string& name, const ImageLimits& limits) {
  switch (image_format(bytes)) {
    case ImageFormat::Png: return read_png_info({bytes, name, limits});
    case ImageFormat::Jpeg: return read_jpeg_info({bytes, name, limits});
    case ImageFormat::WebP: return read_webp_info({bytes, name, limits});
    case ImageFormat::Unknown: break;
  }
  throw unknown_format(name);
}

Image decode_image(std::span<const std::uint8_t> bytes, const std::string& name, const ImageLimits& limits) {
  switch (image_format(bytes)) {
    case ImageFormat::Png: return decode_png({bytes, name, limits});
    case ImageFormat::Jpeg: return decode_jpeg({bytes, name, limits});
    case ImageFormat::WebP: return decode_webp({bytes, name, limits});
    case ImageFormat::Unknown: break;
  }
  throw unknown_format(name);
}

}  // namespace gan
