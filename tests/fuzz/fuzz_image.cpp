// PNG and JPEG files: a whole image of the size the header says, which can be resampled, or an error.
#include <zlib.h>

#include <algorithm>
#include <vector>

#include "engine/data/image_file.h"
#include "engine/data/resample.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

constexpr std::size_t kChunkFrame = 12;  // length, type, checksum

std::uint32_t big_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

/// Makes the checksums of a PNG file's whole chunks right: behind a wrong one nothing is parsed.
void repair_checksums(std::span<std::uint8_t> png) {
  for (std::size_t at = gan::kImageSignatureBytes; png.size() - at >= kChunkFrame;) {
    const std::size_t length = big_endian(png.data() + at);
    if (length > png.size() - at - kChunkFrame) return;
    const std::uint32_t sum = std::uint32_t(crc32(0, png.data() + at + 4, uInt(length + 4)));
    for (int i = 0; i < 4; ++i) png[at + 8 + length + i] = std::uint8_t(sum >> (24 - 8 * i));
    at += kChunkFrame + length;
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  // Most of the time: wrong checksums are an input too.
  if (seed % 8 != 0 && size >= gan::kImageSignatureBytes && gan::image_format({data, size}) == gan::ImageFormat::Png)
    repair_checksums({data, size});
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gan;
  // Small, so that the time goes into headers and not into pixels.
  const ImageLimits limits{.max_side = 512, .max_pixels = 1 << 14};
  fuzz::refuse_or_accept([&] {
    const Image image = decode_image({data, size}, "input", limits);
    const ImageInfo info = read_image_info({data, size}, "input", limits);
    fuzz::expect(image.width == info.width && image.height == info.height, "the size the header says");
    fuzz::expect(image.width <= limits.max_side && image.height <= limits.max_side, "sides within limits");
    fuzz::expect(image.channels == (info.has_colour ? 3 : 1), "the channels the header says");
    fuzz::expect(image.pixels.size() == std::size_t(image.width) * image.height * image.channels,
                 "every pixel is there");
    std::vector<std::uint8_t> small(std::size_t{4} * 7 * image.channels);
    std::vector<float> rows;
    Resampler(image.height, image.width, 4, 7, image.channels).run(image.pixels, small, rows);
  });
  return 0;
}
