#include "engine/files/png.h"

#include <png.h>

#include <numeric>

#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using test::message_of;
using test::TemporaryFolder;

/// Reads a PNG file by libpng, in the colour mode that the file itself has.
Image read_png(const std::filesystem::path& path) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_file(&image, path.c_str()) != 0);
  REQUIRE((image.format == PNG_FORMAT_GRAY || image.format == PNG_FORMAT_RGB));
  Image result{
      .height = image.height, .width = image.width, .channels = PNG_IMAGE_PIXEL_CHANNELS(image.format), .pixels = {}};
  result.pixels.resize(PNG_IMAGE_SIZE(image));
  REQUIRE(png_image_finish_read(&image, nullptr, result.pixels.data(), 0, nullptr) != 0);
  return result;
}

// One pixel; one row; one column; a width that is no multiple of anything; noise, which cannot be compressed and so
// fills the encoder's buffer to the brim.
TEST_CASE("a PNG reads back as it was written", "[files]") {
  const TemporaryFolder folder;
  const std::int64_t sizes[][2] = {{1, 1}, {1, 9}, {9, 1}, {5, 7}, {64, 67}};
  for (const auto& [height, width] : sizes) {
    for (const std::int64_t channels : {1, 3}) {
      INFO(height << " x " << width << " x " << channels);
      std::vector<std::uint8_t> pixels(static_cast<std::size_t>(height * width * channels));
      std::uint32_t noise = 1;
      for (std::uint8_t& pixel : pixels) {
        noise = noise * 1664525U + 1013904223U;
        pixel = static_cast<std::uint8_t>(noise >> 24);
      }
      write_png(folder / "a.png", height, width, channels, pixels);
      const Image found = read_png(folder / "a.png");
      CHECK(found.height == height);
      CHECK(found.width == width);
      CHECK(found.channels == channels);
      CHECK(found.pixels == pixels);
    }
  }
  CHECK(test::count_files(folder.path()) == 1);
}

TEST_CASE("equal pixels give equal PNG bytes", "[files]") {
  std::vector<std::uint8_t> pixels(30 * 30);
  std::iota(pixels.begin(), pixels.end(), std::uint8_t{0});
  CHECK(encode_png(30, 30, 1, pixels) == encode_png(30, 30, 1, pixels));
}

TEST_CASE("impossible PNGs are a bug of the caller", "[files]") {
  const std::vector<std::uint8_t> pixels(8);
  CHECK(contains(message_of<Error>([&] { encode_png(2, 2, 2, pixels); }), "a PNG of 2 channels"));
  CHECK(contains(message_of<Error>([&] { encode_png(3, 3, 1, pixels); }), "a PNG of 3 x 3 x 1 from 8 bytes"));
  CHECK(contains(message_of<Error>([&] { encode_png(0, 8, 1, pixels); }), "a PNG of 0 x 8 pixels"));
}

TEST_CASE("a PNG that cannot be written names its path", "[files]") {
  const TemporaryFolder folder;
  const std::vector<std::uint8_t> pixels(4);
  const auto path = folder / "missing/a.png";
  const std::string message = message_of<MachineError>([&] { write_png(path, 2, 2, 1, pixels); });
  CHECK(contains(message, path.string()));
  CHECK(test::count_files(folder.path()) == 0);
}

}  // namespace
}  // namespace gan
