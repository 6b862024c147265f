// What the decoders behind image_file.h share: how errors leave a C library.
#pragma once

#include <csetjmp>
#include <span>
#include <string>

#include "engine/data/image.h"
#include "engine/data/image_file.h"

namespace gan {

/// A file's bytes on their way to a decoder. `name` begins the message of every error.
struct EncodedImage {
  std::span<const std::uint8_t> bytes;
  const std::string& name;
  const ImageLimits& limits;
};

/// Runs `step(decoder)`, which calls a C library whose error handler does longjmp(decoder.jump, 1). False if it did.
/// A step must hold no object with a destructor, so that the jump skips none.
template <class Decoder>
bool run_step(Decoder& decoder, void (*step)(Decoder&)) {
  if (setjmp(decoder.jump) != 0) return false;
  step(decoder);
  return true;
}

/// The size that a file's header claims. InputError when the header is damaged, beyond `limits`, or claims more pixels
/// than the file's bytes can hold (WebP files may hold any number).
ImageInfo read_png_info(const EncodedImage& file);
ImageInfo read_jpeg_info(const EncodedImage& file);
ImageInfo read_webp_info(const EncodedImage& file);

/// The pixels as grey or RGB bytes, transparency composited over white, CMYK converted. InputError when the file is
/// damaged or truncated, or its header is refused as above.
Image decode_png(const EncodedImage& file);
Image decode_jpeg(const EncodedImage& file);
Image decode_webp(const EncodedImage& file);

}  // namespace gan
