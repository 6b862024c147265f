#include "engine/data/image_file.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>

#include "tests/engine/data/foreign_files.h"

using namespace gan;
using test::Bytes;
using test::encode_jpeg;
using test::encode_png;
using test::noise;
using test::require_error;

namespace {

Image decode(const Bytes& bytes, const ImageLimits& limits = {}) { return decode_image(bytes, "f", limits); }

void require_image(const Image& image, int height, int width, int channels, const Bytes& pixels) {
  REQUIRE(image.height == height);
  REQUIRE(image.width == width);
  REQUIRE(image.channels == channels);
  REQUIRE(image.pixels == pixels);
}

/// JPEG at quality 100, 4:4:4, keeps a flat colour to 2 of 255: one for the quantisation of each component by 1 and one
/// for each of two rounded colour conversions, scaled down by conversion weights below 2.
constexpr int kFlatTolerance = 3;

void require_flat(const Image& image, int channels, const Bytes& colour) {
  REQUIRE(image.channels == channels);
  REQUIRE(image.pixels.size() == std::size_t(image.height) * image.width * channels);
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    if (std::abs(int(image.pixels[i]) - int(colour[i % channels])) > kFlatTolerance)
      FAIL("[" << i << "] got " << int(image.pixels[i]) << ", want " << int(colour[i % channels]));
}

/// Where a JPEG marker (0xff, code) is first.
std::ptrdiff_t first_marker(const Bytes& jpeg, std::uint8_t code) {
  const Bytes marker = {0xff, code};
  const auto found = std::search(jpeg.begin(), jpeg.end(), marker.begin(), marker.end());
  REQUIRE(found != jpeg.end());
  return found - jpeg.begin();
}

Bytes repeated(int count, const Bytes& pixel) {
  Bytes bytes;
  for (int i = 0; i < count; ++i) bytes.insert(bytes.end(), pixel.begin(), pixel.end());
  return bytes;
}

}  // namespace

TEST_CASE("formats are known by content", "[data][image_file]") {
  REQUIRE(image_format(test::flat_png(1, 1, 0, 0, 0)) == ImageFormat::Png);
  REQUIRE(image_format(encode_jpeg({.width = 1, .height = 1, .samples = {0, 0, 0}})) == ImageFormat::Jpeg);
  REQUIRE(image_format(Bytes{}) == ImageFormat::Unknown);
  REQUIRE(image_format(Bytes{0xff, 0xd8}) == ImageFormat::Unknown);
  REQUIRE(image_format(Bytes{'G', 'I', 'F', '8', '9', 'a', 0, 0}) == ImageFormat::Unknown);
  require_error<InputError>([] { decode({'G', 'I', 'F', '8'}); }, {"f: not an image", "accepted: PNG, JPEG and WebP"});
}

TEST_CASE("PNG files of every colour mode decode exactly", "[data][image_file]") {
  const int interlace = GENERATE(PNG_INTERLACE_NONE, PNG_INTERLACE_ADAM7);
  const int height = 5, width = 9;  // odd: packed rows end inside a byte; every Adam7 pass has pixels
  const auto recipe = [&](int bits, int type, Bytes samples) {
    return test::PngRecipe{.width = width,
                           .height = height,
                           .bits = bits,
                           .colour_type = type,
                           .interlace = interlace,
                           .samples = std::move(samples)};
  };
  const int count = height * width;

  const Bytes grey = noise(count), rgb = noise(3 * count);
  require_image(decode(encode_png(recipe(8, PNG_COLOR_TYPE_GRAY, grey))), height, width, 1, grey);
  require_image(decode(encode_png(recipe(8, PNG_COLOR_TYPE_RGB, rgb))), height, width, 3, rgb);

  for (const int bits : {1, 2, 4}) {
    INFO(bits << " bits of grey");
    const int row_bytes = (width * bits + 7) / 8, levels = (1 << bits) - 1;
    const Bytes packed = noise(height * row_bytes, bits);
    Bytes want;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        const int shift = 8 - bits - x * bits % 8;
        want.push_back(std::uint8_t((packed[y * row_bytes + x * bits / 8] >> shift & levels) * 255 / levels));
      }
    require_image(decode(encode_png(recipe(bits, PNG_COLOR_TYPE_GRAY, packed))), height, width, 1, want);
  }

  Bytes deep = noise(2 * count), want;
  for (int i = 0; i < count; ++i)
    want.push_back(std::uint8_t((deep[2 * i] * 256 + deep[2 * i + 1]) * 255 / 65535.0 + 0.5));
  require_image(decode(encode_png(recipe(16, PNG_COLOR_TYPE_GRAY, deep))), height, width, 1, want);

  auto palette = recipe(8, PNG_COLOR_TYPE_PALETTE, Bytes(count, 0));
  for (int i = 0; i < count; ++i) palette.samples[i] = std::uint8_t(i % 3);
  palette.palette = {{10, 20, 30}, {40, 50, 60}, {255, 0, 1}};
  want.clear();
  for (int i = 0; i < count; ++i) {
    const png_color& colour = palette.palette[i % 3];
    want.insert(want.end(), {colour.red, colour.green, colour.blue});
  }
  require_image(decode(encode_png(palette)), height, width, 3, want);
}

TEST_CASE("transparency in PNG files is put over white", "[data][image_file]") {
  const auto grey_alpha = [](int bits, Bytes samples) {
    return encode_png({.width = 3,
                       .height = 1,
                       .bits = bits,
                       .colour_type = PNG_COLOR_TYPE_GRAY_ALPHA,
                       .samples = std::move(samples)});
  };
  require_image(decode(grey_alpha(8, {100, 255, 100, 0, 100, 51})), 1, 3, 1, {100, 255, 224});  // 255 - 155 / 5
  require_image(decode(grey_alpha(16, {100, 100, 255, 255, 100, 100, 0, 0, 100, 100, 51, 51})), 1, 3, 1,
                {100, 255, 224});

  require_image(decode(encode_png({.width = 2,
                                   .height = 1,
                                   .colour_type = PNG_COLOR_TYPE_RGB_ALPHA,
                                   .samples = {0, 55, 255, 51, 1, 2, 3, 255}})),
                1, 2, 3, {204, 215, 255, 1, 2, 3});

  // One colour named transparent, and palette entries with opacity.
  png_color_16 transparent = {};
  transparent.gray = 7;
  require_image(decode(encode_png({.width = 3,
                                   .height = 1,
                                   .colour_type = PNG_COLOR_TYPE_GRAY,
                                   .transparent = &transparent,
                                   .samples = {6, 7, 8}})),
                1, 3, 1, {6, 255, 8});
  transparent.red = 1, transparent.green = 2, transparent.blue = 3;
  require_image(
      decode(encode_png({.width = 2, .height = 1, .transparent = &transparent, .samples = {1, 2, 3, 1, 2, 4}})), 1, 2,
      3, {255, 255, 255, 1, 2, 4});
  require_image(decode(encode_png({.width = 2,
                                   .height = 1,
                                   .colour_type = PNG_COLOR_TYPE_PALETTE,
                                   .palette = {{0, 0, 0}, {9, 8, 7}},
                                   .palette_opacity = {51, 255},
                                   .samples = {0, 1}})),
                1, 2, 3, {204, 204, 204, 9, 8, 7});
}

TEST_CASE("compositing rounds to nearest for every shade and opacity", "[data][image_file]") {
  for (int shade = 0; shade < 256; ++shade)
    for (int opacity = 0; opacity < 256; ++opacity) {
      Bytes pixels = {std::uint8_t(shade), std::uint8_t(opacity)};
      composite_over_white(pixels, 1);
      const double want = shade * (opacity / 255.0) + 255 * (1 - opacity / 255.0);
      if (!(std::abs(pixels.at(0) - want) <= 0.5 + 1e-9)) FAIL(shade << " at " << opacity << ": " << int(pixels[0]));
    }
}

TEST_CASE("JPEG files of every colour mode decode", "[data][image_file]") {
  const bool progressive = GENERATE(false, true);
  const int height = 11, width = 21;  // not whole blocks
  const int count = height * width;
  const Bytes orange = {250, 130, 20}, inks = {0, 120, 230, 60};
  const auto recipe = [&](J_COLOR_SPACE space, J_COLOR_SPACE stored, const Bytes& pixel) {
    return test::JpegRecipe{.width = width,
                            .height = height,
                            .space = space,
                            .stored = stored,
                            .progressive = progressive,
                            .samples = repeated(count, pixel)};
  };
  require_flat(decode(encode_jpeg(recipe(JCS_GRAYSCALE, JCS_GRAYSCALE, {90}))), 1, {90});
  require_flat(decode(encode_jpeg(recipe(JCS_RGB, JCS_YCbCr, orange))), 3, orange);
  require_flat(decode(encode_jpeg(recipe(JCS_RGB, JCS_RGB, orange))), 3, orange);

  // R = (1 - C)(1 - K): C 0, M 120, Y 230, K 60 of 255.
  const Bytes want = {195, 103, 19};
  auto cmyk = recipe(JCS_CMYK, JCS_CMYK, inks);
  require_flat(decode(encode_jpeg(cmyk)), 3, want);
  // Adobe's programs store light instead of ink, and say so by their marker.
  for (const J_COLOR_SPACE stored : {JCS_CMYK, JCS_YCCK}) {
    auto adobe = recipe(JCS_CMYK, stored, {255, 135, 25, 195});
    adobe.adobe_marker = true;
    require_flat(decode(encode_jpeg(adobe)), 3, want);
  }
}

TEST_CASE("JPEG files decode in place: no row or column is moved", "[data][image_file]") {
  // Left half dark, right half light, top quarter darker; edges on block borders stay sharp.
  const int height = 32, width = 48;
  Bytes samples;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) samples.push_back(std::uint8_t((x < 24 ? 60 : 180) + (y < 8 ? 0 : 40)));
  const Image image = decode(encode_jpeg(
      {.width = width, .height = height, .space = JCS_GRAYSCALE, .stored = JCS_GRAYSCALE, .samples = samples}));
  REQUIRE(image.height == height);
  REQUIRE(image.width == width);
  for (std::size_t i = 0; i < samples.size(); ++i)
    REQUIRE(std::abs(int(image.pixels.at(i)) - int(samples[i])) <= kFlatTolerance);
}

TEST_CASE("headers tell size and colour without decoding", "[data][image_file]") {
  const auto info = [](const Bytes& bytes) { return read_image_info(bytes, "f"); };
  REQUIRE(info(test::flat_png(4, 3, 1, 2, 3)).width == 4);
  REQUIRE(info(test::flat_png(4, 3, 1, 2, 3)).height == 3);
  REQUIRE(info(test::flat_png(4, 3, 1, 2, 3)).has_colour);
  REQUIRE_FALSE(info(test::grey_png(4, 3, 9)).has_colour);
  const Bytes jpeg =
      encode_jpeg({.width = 5, .height = 2, .space = JCS_GRAYSCALE, .stored = JCS_GRAYSCALE, .samples = Bytes(10)});
  REQUIRE(info(jpeg).width == 5);
  REQUIRE(info(jpeg).height == 2);
  REQUIRE_FALSE(info(jpeg).has_colour);
  REQUIRE(info(encode_jpeg({.width = 1, .height = 1, .samples = {1, 2, 3}})).has_colour);
}

TEST_CASE("truncated images are refused at every length", "[data][image_file]") {
  // The last bytes of a PNG (IEND) and of a JPEG (EOI) count too: a file is whole or it is not.
  const Bytes png = encode_png({.width = 9, .height = 7, .samples = noise(9 * 7 * 3)});
  for (std::size_t length = 8; length < png.size(); ++length) {
    INFO("PNG, " << length << " of " << png.size());
    require_error<InputError>([&] { decode(test::first_bytes(png, length)); }, {"f: damaged PNG file"});
  }
  const bool progressive = GENERATE(false, true);
  const Bytes jpeg =
      encode_jpeg({.width = 19, .height = 17, .progressive = progressive, .samples = noise(19 * 17 * 3)});
  for (std::size_t length = 3; length < jpeg.size(); ++length) {
    INFO("JPEG, " << length << " of " << jpeg.size());
    require_error<InputError>([&] { decode(test::first_bytes(jpeg, length)); }, {"f: damaged JPEG file"});
  }
}

TEST_CASE("PNG files with a flipped bit are refused or decode to the same", "[data][image_file]") {
  const Bytes samples = noise(6 * 5 * 3);
  const Bytes png = encode_png({.width = 6, .height = 5, .samples = samples});
  for (std::size_t bit = 64; bit < 8 * png.size(); ++bit) {  // the signature's bits make it no PNG
    Bytes damaged = png;
    damaged[bit / 8] ^= std::uint8_t(1 << bit % 8);
    Bytes got = samples;
    try {
      got = decode(damaged).pixels;
    } catch (const InputError&) {}
    REQUIRE(got == samples);
  }
}

TEST_CASE("absurdly large images are refused before memory is taken", "[data][image_file]") {
  Bytes png = test::flat_png(1, 1, 0, 0, 0);
  const auto claim_png = [&](std::uint32_t width, std::uint32_t height) {
    const Bytes size = test::joined({test::big_endian(width), test::big_endian(height)});
    std::copy(size.begin(), size.end(), png.begin() + 16);
    const Bytes sum = test::big_endian(std::uint32_t(crc32(0, png.data() + 12, 17)));
    std::copy(sum.begin(), sum.end(), png.begin() + 29);
  };
  claim_png(100000, 100000);
  require_error<InputError>([&] { decode(png); }, {"f: ", "100000x100000", "accepted: sides of 1 to 16384"});
  require_error<InputError>([&] { read_image_info(png, "f"); }, {"f: ", "100000x100000", "accepted"});
  claim_png(0x7fffffff, 1);
  require_error<InputError>([&] { decode(png); }, {"2147483647x1", "accepted"});
  claim_png(16384, 16384);  // as large as is accepted, but not in 69 bytes
  require_error<InputError>([&] { decode(png); }, {"16384x16384", "more than its", "bytes can hold"});
  const int too_many = int(std::sqrt(double(png.size()) * 1032 / 3)) + 1;  // one bit more than deflate can have held
  claim_png(too_many, too_many);
  require_error<InputError>([&] { decode(png); }, {"more than its", "bytes can hold"});
  claim_png(0, 1);
  require_error<InputError>([&] { decode(png); }, {"f: damaged PNG file"});

  Bytes jpeg = encode_jpeg({.width = 8, .height = 8, .samples = Bytes(192)});
  const auto frame = jpeg.begin() + first_marker(jpeg, 0xc0);
  const auto claim_jpeg = [&](int width, int height) {
    frame[5] = std::uint8_t(height >> 8), frame[6] = std::uint8_t(height);
    frame[7] = std::uint8_t(width >> 8), frame[8] = std::uint8_t(width);
  };
  claim_jpeg(65500, 65500);
  require_error<InputError>([&] { decode(jpeg); }, {"f: ", "65500x65500", "accepted: sides of 1 to 16384"});
  claim_jpeg(16000, 16000);
  require_error<InputError>([&] { decode(jpeg); }, {"16000x16000", "more than its", "bytes can hold"});
  const int blocks = int(std::sqrt(8.0 * double(jpeg.size() + 1))) + 1;  // each takes a bit at least
  claim_jpeg(8 * blocks, 8 * blocks);
  require_error<InputError>([&] { decode(jpeg); }, {"more than its", "bytes can hold"});
  claim_jpeg(0, 8);
  require_error<InputError>([&] { decode(jpeg); }, {"f: damaged JPEG file"});

  require_error<InputError>([] { decode(test::flat_png(4, 4, 0, 0, 0), {.max_side = 3}); }, {"4x4", "sides of 1 to 3"});
  require_error<InputError>([] { decode(test::flat_png(4, 4, 0, 0, 0), {.max_pixels = 15}); }, {"4x4", "15 pixels"});
}

TEST_CASE("flat images may be small files", "[data][image_file]") {
  // The largest honest compression must pass the check against lying headers.
  const int side = 2048;
  require_image(decode(test::grey_png(side, side, 0)), side, side, 1, Bytes(std::size_t(side) * side));
  require_flat(decode(encode_jpeg({.width = side,
                                   .height = side,
                                   .space = JCS_GRAYSCALE,
                                   .stored = JCS_GRAYSCALE,
                                   .progressive = true,
                                   .samples = Bytes(std::size_t(side) * side, 128)})),
               1, {128});
}

TEST_CASE("compressed texts in a PNG are not inflated into memory", "[data][image_file]") {
  // A hundred texts of 7 MB, each under libpng's own limit for one.
  const Bytes gzipped = test::gzip(Bytes(7 << 20, 'x'), 9);
  Bytes text = {'z', 'T', 'X', 't', 'k', 0, 0, 0x78, 0x9c};
  text.insert(text.end(), gzipped.begin() + 10,
              gzipped.end() - 8);  // the deflate data between gzip's header and trailer
  const Bytes plain(7 << 20, 'x');
  const Bytes adler = test::big_endian(std::uint32_t(adler32(1, plain.data(), uInt(plain.size()))));
  text.insert(text.end(), adler.begin(), adler.end());
  const Bytes chunk = test::joined({test::big_endian(std::uint32_t(text.size() - 4)), text,
                                    test::big_endian(std::uint32_t(crc32(0, text.data(), uInt(text.size()))))});
  Bytes png = test::flat_png(2, 2, 1, 2, 3);
  for (int i = 0; i < 100; ++i) png.insert(png.begin() + 33, chunk.begin(), chunk.end());  // behind IHDR

  const auto peak_kilobytes = [] {
    rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const long before = peak_kilobytes();
  REQUIRE(decode(png).pixels == repeated(4, {1, 2, 3}));
  REQUIRE(peak_kilobytes() - before < 50'000);
}

TEST_CASE("a JPEG of endless scans is refused", "[data][image_file]") {
  const Bytes jpeg = encode_jpeg({.width = 64, .height = 64, .progressive = true, .samples = noise(64 * 64 * 3)});
  // Repeat the first scan (DC, from its SOS marker up to the next scan's tables): the result stays what it is.
  const std::ptrdiff_t begin = first_marker(jpeg, 0xda);
  const Bytes behind(jpeg.begin() + begin, jpeg.end());
  const Bytes scan(behind.begin(), behind.begin() + first_marker(behind, 0xc4));
  const auto with_scans = [&](int count) {
    Bytes bytes = jpeg;
    for (int i = 0; i < count; ++i) bytes.insert(bytes.begin() + begin, scan.begin(), scan.end());
    return bytes;
  };
  REQUIRE(decode(with_scans(100)).pixels == decode(jpeg).pixels);
  const Bytes bomb = with_scans(300);
  require_error<InputError>([&] { decode(bomb); }, {"f: damaged JPEG file", "more than 200 scans"});
}

TEST_CASE("stray bytes between a JPEG's segments do no harm", "[data][image_file]") {
  const Bytes jpeg = encode_jpeg({.width = 16, .height = 16, .samples = repeated(256, {10, 20, 30})});
  Bytes stray = jpeg;
  stray.insert(stray.begin() + first_marker(stray, 0xdb), {0x00, 0x01, 0x02});
  REQUIRE(decode(stray).pixels == decode(jpeg).pixels);
}
