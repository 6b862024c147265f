// PNG through libpng's low-level reader: its high-level one cannot be told what size to refuse.
#include <fmt/format.h>
#include <png.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <new>

#include "engine/data/image_codec.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr png_alloc_size_t kMaxChunkBytes = 8 << 20;

// Chunks that play no part in the pixels. libpng would keep up to a thousand of them, inflated.
constexpr std::array<png_byte, 45> kSkippedChunks = {'i', 'C', 'C', 'P', 0,  //
                                                     'z', 'T', 'X', 't', 0,  //
                                                     'i', 'T', 'X', 't', 0,  //
                                                     't', 'E', 'X', 't', 0,  //
                                                     's', 'P', 'L', 'T', 0,  //
                                                     'e', 'X', 'I', 'f', 0,  //
                                                     's', 'C', 'A', 'L', 0,  //
                                                     'p', 'C', 'A', 'L', 0,  //
                                                     'h', 'I', 'S', 'T', 0};
constexpr std::int64_t kMostPerByte = 1032;  // deflate's largest ratio

[[noreturn]] void on_png_error(png_structp png, png_const_charp message);
void on_png_warning(png_structp, png_const_charp) {}  // what matters is an error; a stray text chunk is not
void read_png_bytes(png_structp png, png_bytep out, std::size_t count);

struct PngDecoder {
  PngDecoder(const EncodedImage& encoded) : file(encoded), left(encoded.bytes) {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_png_error, on_png_warning);
    if (png != nullptr) info = png_create_info_struct(png);
    if (info != nullptr) return;
    png_destroy_read_struct(&png, nullptr, nullptr);
    throw std::bad_alloc();
  }
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;
  ~PngDecoder() { png_destroy_read_struct(&png, &info, nullptr); }

  void run(void (*step)(PngDecoder&)) {
    if (!run_step(*this, step)) throw InputError(fmt::format("{}: damaged PNG file: {}", file.name, message.data()));
  }

  const EncodedImage file;
  std::span<const std::uint8_t> left;
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::jmp_buf jump;
  std::array<char, 128> message = {};
  std::uint8_t* pixels = nullptr;  // where read_rows writes, and how far apart its rows are
  std::size_t row_bytes = 0;
};

void on_png_error(png_structp png, png_const_charp message) {
  auto& decoder = *static_cast<PngDecoder*>(png_get_error_ptr(png));
  std::snprintf(decoder.message.data(), decoder.message.size(), "%s", message);
  std::longjmp(decoder.jump, 1);
}

void read_png_bytes(png_structp png, png_bytep out, std::size_t count) {
  auto& left = static_cast<PngDecoder*>(png_get_io_ptr(png))->left;
  if (count > left.size()) png_error(png, "the file ends early");
  std::memcpy(out, left.data(), count);
  left = left.subspan(count);
}

void read_header(PngDecoder& decoder) {
  png_set_read_fn(decoder.png, &decoder, read_png_bytes);
  // Sizes are checked by check_image_size, whose message says more; libpng's own limit is only moved out of its way.
  png_set_user_limits(decoder.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_chunk_malloc_max(decoder.png, kMaxChunkBytes);
  png_set_keep_unknown_chunks(decoder.png, PNG_HANDLE_CHUNK_NEVER, kSkippedChunks.data(), kSkippedChunks.size() / 5);
  png_read_info(decoder.png, decoder.info);
}

/// Asks for 8-bit samples, no palette, transparency as a channel of its own.
void start_reading(PngDecoder& decoder) {
  png_structp png = decoder.png;
  png_set_expand(png);
  png_set_scale_16(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, decoder.info);
  decoder.row_bytes = png_get_rowbytes(png, decoder.info);
}

void read_rows(PngDecoder& decoder) {
  const png_uint_32 height = png_get_image_height(decoder.png, decoder.info);
  const int passes = png_get_interlace_type(decoder.png, decoder.info) == PNG_INTERLACE_ADAM7 ? 7 : 1;
  for (int pass = 0; pass < passes; ++pass)
    for (png_uint_32 y = 0; y < height; ++y) png_read_row(decoder.png, decoder.pixels + y * decoder.row_bytes, nullptr);
  png_read_end(decoder.png, nullptr);
}

ImageInfo read_checked_header(PngDecoder& decoder) {
  decoder.run(read_header);
  const std::int64_t width = png_get_image_width(decoder.png, decoder.info);
  const std::int64_t height = png_get_image_height(decoder.png, decoder.info);
  check_image_size(decoder.file.name, width, height, decoder.file.limits);
  const std::int64_t bits =
      std::int64_t{png_get_bit_depth(decoder.png, decoder.info)} * png_get_channels(decoder.png, decoder.info);
  const std::int64_t file_bytes = static_cast<std::int64_t>(decoder.file.bytes.size());
  if (width * height * bits / 8 > file_bytes * kMostPerByte)
    throw InputError(fmt::format("{}: damaged PNG file: says its size is {}x{}, more than its {} bytes can hold",
                                 decoder.file.name, width, height, file_bytes));
  const bool has_colour = (png_get_color_type(decoder.png, decoder.info) & PNG_COLOR_MASK_COLOR) != 0;
  return {.height = static_cast<int>(height), .width = static_cast<int>(width), .has_colour = has_colour};
}

}  // namespace

ImageInfo read_png_info(const EncodedImage& file) {
  PngDecoder decoder(file);
  return read_checked_header(decoder);
}

Image decode_png(const EncodedImage& file) {
  PngDecoder decoder(file);
  const ImageInfo info = read_checked_header(decoder);
  decoder.run(start_reading);
  const int channels = png_get_channels(decoder.png, decoder.info);
  const bool has_opacity = channels == 2 || channels == 4;
  Image image{info.height, info.width, has_opacity ? channels - 1 : channels, {}};
  require(decoder.row_bytes == std::size_t(info.width) * channels, "libpng's rows of {} are {} bytes", file.name,
          decoder.row_bytes);
  image.pixels.resize(decoder.row_bytes * info.height);
  decoder.pixels = image.pixels.data();
  decoder.run(read_rows);
  if (has_opacity) composite_over_white(image.pixels, int(image.channels));
  return image;
}

}  // namespace gan
