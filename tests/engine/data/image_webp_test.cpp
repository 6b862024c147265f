#include <algorithm>
#include <cmath>

#include "engine/data/image_file.h"
#include "tests/engine/data/webp_files.h"

using namespace gan;
using test::Bytes;
using test::encode_webp_lossless;
using test::encode_webp_lossy;
using test::noise;
using test::require_error;

namespace {

Image decode(const Bytes& bytes, const ImageLimits& limits = {}) { return decode_image(bytes, "f", limits); }

/// The four bytes of a number, least significant first.
Bytes little_endian(std::uint32_t number) {
  Bytes bytes = test::big_endian(number);
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

/// A lossless WebP of 1 x 1 whose header says something else: 14 bits each of width - 1 and height - 1 behind 0x2f.
Bytes claim(std::uint32_t width, std::uint32_t height) {
  Bytes webp = encode_webp_lossless(1, 1, 3, {1, 2, 3});
  REQUIRE(webp.at(20) == 0x2f);
  const Bytes bits = little_endian((width - 1) | (height - 1) << 14);
  std::copy(bits.begin(), bits.end(), webp.begin() + 21);
  return webp;
}

}  // namespace

TEST_CASE("WebP files are known by content, and animations are not among them", "[data][image_webp]") {
  REQUIRE(image_format(encode_webp_lossless(1, 1, 3, {1, 2, 3})) == ImageFormat::WebP);
  REQUIRE(image_format(encode_webp_lossy(1, 1, 3, {1, 2, 3})) == ImageFormat::WebP);
  REQUIRE(image_format(encode_webp_lossy(2, 1, 4, {1, 2, 3, 4, 5, 6, 7, 8})) == ImageFormat::WebP);  // VP8X, still
  const Bytes animation = test::animated_webp_header();
  REQUIRE(image_format(animation) == ImageFormat::Unknown);
  REQUIRE(image_format(Bytes{'R', 'I', 'F', 'F', 1, 2, 3, 4, 'W', 'A', 'V', 'E'}) == ImageFormat::Unknown);
  for (std::size_t length = 0; length < 12; ++length)
    REQUIRE(image_format(test::first_bytes(animation, length)) == ImageFormat::Unknown);
  require_error<InputError>([&] { decode(animation); }, {"f: not an image", "accepted: PNG, JPEG and WebP"});
}

TEST_CASE("lossless WebP files decode exactly", "[data][image_webp]") {
  const int height = 7, width = 19;
  const Bytes samples = noise(height * width * 3);
  const Image image = decode(encode_webp_lossless(width, height, 3, samples));
  REQUIRE(image.height == height);
  REQUIRE(image.width == width);
  REQUIRE(image.channels == 3);
  REQUIRE(image.pixels == samples);
}

TEST_CASE("transparency in WebP files is put over white", "[data][image_webp]") {
  const Bytes samples = {0, 55, 255, 51, 1, 2, 3, 255, 9, 9, 9, 0};
  const Bytes want = {204, 215, 255, 1, 2, 3, 255, 255, 255};
  REQUIRE(decode(encode_webp_lossless(3, 1, 4, samples)).pixels == want);
}

TEST_CASE("lossy WebP files decode, with and without transparency", "[data][image_webp]") {
  // A flat colour becomes a flat Y'CbCr one of 8 bits in the range of video: 219 steps for 256 and two rounded
  // conversions keep it to 3 of 255; opacity is stored exactly.
  const int height = 18, width = 33;
  for (const int channels : {3, 4}) {
    const Bytes colour = {200, 90, 60, 255};
    Bytes samples;
    for (int i = 0; i < height * width; ++i) samples.insert(samples.end(), colour.begin(), colour.begin() + channels);
    if (channels == 4) samples[3] = 0;  // one clear corner
    const Image image = decode(encode_webp_lossy(width, height, channels, samples));
    REQUIRE(image.height == height);
    REQUIRE(image.width == width);
    REQUIRE(image.channels == 3);
    for (std::size_t i = 3; i < image.pixels.size(); ++i)
      if (std::abs(int(image.pixels[i]) - int(colour[i % 3])) > 3)
        FAIL("[" << i << "] got " << int(image.pixels[i]) << ", want " << int(colour[i % 3]));
    if (channels == 4) REQUIRE(test::first_bytes(image.pixels, 3) == Bytes{255, 255, 255});
  }
}

TEST_CASE("WebP headers tell size without decoding; they all have colour", "[data][image_webp]") {
  const ImageInfo info = read_image_info(encode_webp_lossless(5, 2, 3, Bytes(30, 7)), "f");
  REQUIRE(info.width == 5);
  REQUIRE(info.height == 2);
  REQUIRE(info.has_colour);
}

TEST_CASE("truncated WebP files are refused at every length", "[data][image_webp]") {
  const Bytes samples = noise(19 * 17 * 4);
  for (const Bytes& webp : {encode_webp_lossless(19, 17, 4, samples), encode_webp_lossy(19, 17, 4, samples),
                            encode_webp_lossy(17, 19, 3, test::first_bytes(samples, 17 * 19 * 3))})
    for (std::size_t length = 12; length < webp.size(); ++length) {
      INFO(length << " of " << webp.size());
      require_error<InputError>([&] { decode(test::first_bytes(webp, length)); }, {"f: damaged WebP file"});
    }
}

TEST_CASE("WebP files with a flipped bit are refused or decode to the same size, or to one within the limits",
          "[data][image_webp]") {
  // The format has no checksum: what a bit of the data changes is a picture again.
  const ImageLimits limits{.max_side = 64, .max_pixels = 4096};
  const Bytes samples = noise(6 * 5 * 4);
  for (const Bytes& webp : {encode_webp_lossless(6, 5, 4, samples), encode_webp_lossy(6, 5, 4, samples)})
    for (std::size_t bit = 0; bit < 8 * webp.size(); ++bit) {
      Bytes damaged = webp;
      damaged[bit / 8] ^= std::uint8_t(1 << bit % 8);
      try {
        const Image image = decode(damaged, limits);
        REQUIRE(image.pixels.size() == std::size_t(image.width) * image.height * image.channels);
        REQUIRE((image.width <= 64 && image.height <= 64));
      } catch (const InputError&) {}
    }
}

TEST_CASE("WebP files beyond the limits are refused before memory is taken", "[data][image_webp]") {
  require_error<InputError>([] { decode(encode_webp_lossless(4, 4, 3, Bytes(48)), {.max_side = 3}); },
                            {"f: ", "4x4", "accepted: sides of 1 to 3"});
  require_error<InputError>([] { decode(claim(16384, 16384), {.max_pixels = 1 << 20}); },
                            {"16384x16384", "at most 1048576 pixels"});
  // An image of one colour needs no bytes for its pixels: this claim is honest.
  const Image flat = decode(claim(16384, 1));
  REQUIRE(flat.pixels.size() == 3 * 16384);
  for (std::size_t i = 0; i < flat.pixels.size(); ++i) REQUIRE(flat.pixels[i] == 1 + i % 3);
}
