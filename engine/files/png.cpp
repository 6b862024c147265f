#include "engine/files/png.h"

#include <png.h>

#include "engine/files/atomic_file.h"
#include "kernels/core/contract/error.h"

namespace gan {

std::vector<std::byte> encode_png(std::int64_t height, std::int64_t width, std::int64_t channels,
                                  std::span<const std::uint8_t> pixels) {
  constexpr std::int64_t kMaxSide = 1'000'000;  // libpng's own limit
  require(channels == 1 || channels == 3, "a PNG of {} channels; 1 (grey) and 3 (RGB) are possible", channels);
  require(height > 0 && width > 0 && height <= kMaxSide && width <= kMaxSide,
          "a PNG of {} x {} pixels; 1 to {} are possible", height, width, kMaxSide);
  require(static_cast<std::uint64_t>(height * width * channels) == pixels.size(), "a PNG of {} x {} x {} from {} bytes",
          height, width, channels, pixels.size());

  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::byte> file(size);
  // Row stride 0: rows follow each other without a gap. This interface of libpng reports errors by return value.
  if (!png_image_write_to_memory(&image, file.data(), &size, 0, pixels.data(), 0, nullptr)) {
    throw MachineError(fmt::format("cannot encode a PNG of {} x {} x {}: {}", height, width, channels, image.message));
  }
  file.resize(size);
  return file;
}

void write_png(const std::filesystem::path& path, std::int64_t height, std::int64_t width, std::int64_t channels,
               std::span<const std::uint8_t> pixels) {
  const std::vector<std::byte> file = encode_png(height, width, channels, pixels);
  write_atomically(path, [&](FileWriter& writer) { writer.write(file); });
}

void write_png(const std::filesystem::path& path, const Image& image) {
  write_png(path, image.height, image.width, image.channels, image.pixels);
}

}  // namespace gan
