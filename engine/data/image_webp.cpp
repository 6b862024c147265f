// WebP through libwebp.
#include <fmt/format.h>
#include <webp/decode.h>

#include <new>

#include "engine/data/image_codec.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// What libwebp calls the trouble, in words.
std::string_view words_for(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA: return "the file ends early";
    case VP8_STATUS_UNSUPPORTED_FEATURE: return "uses a feature that libwebp does not know";
    default: return "the data are no WebP image";
  }
}

void check(VP8StatusCode status, const EncodedImage& file) {
  if (status == VP8_STATUS_OK) return;
  if (status == VP8_STATUS_OUT_OF_MEMORY) throw std::bad_alloc();
  throw InputError(fmt::format("{}: damaged WebP file: {}", file.name, words_for(status)));
}

/// Reads and checks the header. There is no lower bound on the bytes of an honest file: a flat image needs next to
/// none.
WebPBitstreamFeatures read_checked_header(const EncodedImage& file) {
  WebPBitstreamFeatures features;
  check(WebPGetFeatures(file.bytes.data(), file.bytes.size(), &features), file);
  if (features.has_animation != 0)
    throw InputError(fmt::format("{}: an animation; accepted: PNG, JPEG and WebP files of one image", file.name));
  check_image_size(file.name, features.width, features.height, file.limits);
  return features;
}

}  // namespace

ImageInfo read_webp_info(const EncodedImage& file) {
  const WebPBitstreamFeatures features = read_checked_header(file);
  return {.height = features.height, .width = features.width, .has_colour = true};
}

Image decode_webp(const EncodedImage& file) {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) throw Error("libwebp is of another version than its header");
  config.input = read_checked_header(file);
  const int channels = config.input.has_alpha != 0 ? 4 : 3;
  Image image{config.input.height, config.input.width, 3, {}};
  image.pixels.resize(std::size_t(image.height) * image.width * channels);
  config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {
      .rgba = image.pixels.data(), .stride = int(image.width) * channels, .size = image.pixels.size()};
  check(WebPDecode(file.bytes.data(), file.bytes.size(), &config), file);
  if (channels == 4) composite_over_white(image.pixels, 3);
  return image;
}

}  // namespace gan
