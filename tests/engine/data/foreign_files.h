// What the tests of engine/data feed to it: files as other programs write them, and folders to put them in.
#pragma once

#include <fmt/format.h>
#include <png.h>
#include <zlib.h>

#include <cstdio>  // jpeglib.h uses FILE without declaring it

#include <jpeglib.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/core/contract/error.h"
#include "tests/support/error_message.h"
#include "tests/support/temporary_folder.h"

namespace gan::test {

using Bytes = std::vector<std::uint8_t>;

/// The same bytes in every run: no two neighbours equal on purpose, all values seen.
inline Bytes noise(std::size_t count, std::uint32_t seed = 1) {
  Bytes bytes(count);
  for (std::uint8_t& byte : bytes) {
    seed = seed * 1664525u + 1013904223u;
    byte = static_cast<std::uint8_t>(seed >> 24);
  }
  return bytes;
}

inline Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

inline Bytes first_bytes(const Bytes& bytes, std::size_t count) { return {bytes.begin(), bytes.begin() + count}; }

/// The four bytes of a number, most significant first.
inline Bytes big_endian(std::uint32_t number) {
  return {std::uint8_t(number >> 24), std::uint8_t(number >> 16), std::uint8_t(number >> 8), std::uint8_t(number)};
}

/// An IDX header of unsigned bytes; pixels follow.
inline Bytes idx_header(std::initializer_list<std::uint32_t> sizes) {
  Bytes bytes = {0, 0, 0x08, std::uint8_t(sizes.size())};
  for (const std::uint32_t size : sizes) bytes = joined({bytes, big_endian(size)});
  return bytes;
}

/// A gzip member.
inline Bytes gzip(std::span<const std::uint8_t> bytes, int level = 6) {
  z_stream stream = {};
  REQUIRE(deflateInit2(&stream, level, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  Bytes out(deflateBound(&stream, bytes.size()));
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// What a PNG file is to be; `samples` are rows as PNG stores them, packed and big-endian.
struct PngRecipe {
  int width = 0, height = 0;
  int bits = 8;
  int colour_type = PNG_COLOR_TYPE_RGB;
  int interlace = PNG_INTERLACE_NONE;
  std::vector<png_color> palette = {};
  Bytes palette_opacity = {};  // for grey and RGB files use `transparent`
  const png_color_16* transparent = nullptr;
  Bytes samples = {};
};

inline Bytes encode_png(const PngRecipe& recipe) {
  Bytes out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &out,
      [](png_structp writer, png_bytep data, std::size_t count) {
        auto& bytes = *static_cast<Bytes*>(png_get_io_ptr(writer));
        bytes.insert(bytes.end(), data, data + count);
      },
      nullptr);
  png_set_IHDR(png, info, png_uint_32(recipe.width), png_uint_32(recipe.height), recipe.bits, recipe.colour_type,
               recipe.interlace, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!recipe.palette.empty()) png_set_PLTE(png, info, recipe.palette.data(), int(recipe.palette.size()));
  if (!recipe.palette_opacity.empty())
    png_set_tRNS(png, info, recipe.palette_opacity.data(), int(recipe.palette_opacity.size()), nullptr);
  if (recipe.transparent != nullptr) png_set_tRNS(png, info, nullptr, 0, recipe.transparent);
  png_write_info(png, info);
  const std::size_t row_bytes = png_get_rowbytes(png, info);
  Bytes samples = recipe.samples;
  REQUIRE(samples.size() == row_bytes * std::size_t(recipe.height));
  std::vector<png_bytep> rows;
  for (int y = 0; y < recipe.height; ++y) rows.push_back(samples.data() + std::size_t(y) * row_bytes);
  png_write_image(png, rows.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return out;
}

/// What a JPEG file is to be: `samples` (H,W,C) in `space`, stored in `stored` (4:4:4, so that flat areas survive).
struct JpegRecipe {
  int width = 0, height = 0;
  J_COLOR_SPACE space = JCS_RGB;
  J_COLOR_SPACE stored = JCS_YCbCr;
  bool progressive = false;
  bool arithmetic = false;
  bool adobe_marker = false;
  Bytes samples = {};
};

inline Bytes encode_jpeg(const JpegRecipe& recipe) {
  jpeg_compress_struct jpeg = {};
  jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &buffer, &size);
  jpeg.image_width = JDIMENSION(recipe.width);
  jpeg.image_height = JDIMENSION(recipe.height);
  jpeg.in_color_space = recipe.space;
  jpeg.input_components = recipe.space == JCS_GRAYSCALE ? 1 : recipe.space == JCS_CMYK ? 4 : 3;
  jpeg_set_defaults(&jpeg);
  jpeg_set_colorspace(&jpeg, recipe.stored);
  jpeg_set_quality(&jpeg, 100, TRUE);
  jpeg.comp_info[0].h_samp_factor = jpeg.comp_info[0].v_samp_factor = 1;
  if (recipe.stored == JCS_YCCK) jpeg.comp_info[3].h_samp_factor = jpeg.comp_info[3].v_samp_factor = 1;
  if (recipe.progressive) jpeg_simple_progression(&jpeg);
  jpeg.arith_code = recipe.arithmetic ? TRUE : FALSE;
  jpeg.write_Adobe_marker = recipe.adobe_marker ? TRUE : FALSE;
  jpeg_start_compress(&jpeg, TRUE);
  Bytes samples = recipe.samples;
  const std::size_t row_bytes = std::size_t(recipe.width) * jpeg.input_components;
  REQUIRE(samples.size() == row_bytes * recipe.height);
  while (jpeg.next_scanline < jpeg.image_height) {
    JSAMPROW row = samples.data() + jpeg.next_scanline * row_bytes;
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  Bytes out(buffer, buffer + size);
  std::free(buffer);
  jpeg_destroy_compress(&jpeg);
  return out;
}

/// An RGB PNG of one colour.
inline Bytes flat_png(int width, int height, std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  Bytes samples;
  for (int i = 0; i < width * height; ++i) samples.insert(samples.end(), {red, green, blue});
  return encode_png({.width = width, .height = height, .samples = samples});
}

/// A grey PNG of one shade.
inline Bytes grey_png(int width, int height, std::uint8_t shade) {
  return encode_png({.width = width,
                     .height = height,
                     .colour_type = PNG_COLOR_TYPE_GRAY,
                     .samples = Bytes(std::size_t(width) * height, shade)});
}

}  // namespace gan::test
