// JPEG through libjpeg(-turbo).
#include <fmt/format.h>

#include <array>
#include <cstdio>  // jpeglib.h uses FILE without declaring it

#include <jpeglib.h>

#include <jerror.h>

#include <new>

#include "engine/data/image_codec.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

// A progressive file may repeat scans that cost a pass over the image and next to no bytes. Encoders write about ten.
constexpr int kMaxScans = 200;

struct JpegDecoder {
  JpegDecoder(const EncodedImage& encoded);
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;
  ~JpegDecoder() { jpeg_destroy_decompress(&jpeg); }

  void run(void (*step)(JpegDecoder&)) {
    if (run_step(*this, step)) return;
    if (errors.msg_code == JERR_OUT_OF_MEMORY) throw std::bad_alloc();
    throw InputError(fmt::format("{}: damaged JPEG file: {}", file.name, message.data()));
  }

  const EncodedImage file;
  jpeg_decompress_struct jpeg = {};
  jpeg_error_mgr errors = {};
  jpeg_progress_mgr progress = {};
  std::jmp_buf jump;
  std::array<char, JMSG_LENGTH_MAX> message = {};
  std::uint8_t* pixels = nullptr;  // where read_rows writes
};

JpegDecoder& decoder_of(j_common_ptr jpeg) { return *static_cast<JpegDecoder*>(jpeg->client_data); }

[[noreturn]] void on_jpeg_error(j_common_ptr jpeg) {
  JpegDecoder& decoder = decoder_of(jpeg);
  jpeg->err->format_message(jpeg, decoder.message.data());
  std::longjmp(decoder.jump, 1);
}

/// libjpeg warns of missing data and fills in grey; that is an error here. Its other warnings (stray bytes between
/// segments, odd versions) leave the image whole.
void on_jpeg_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  switch (jpeg->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC: on_jpeg_error(jpeg);
    default: return;
  }
}

void on_jpeg_progress(j_common_ptr jpeg) {
  JpegDecoder& decoder = decoder_of(jpeg);
  if (decoder.jpeg.input_scan_number <= kMaxScans) return;
  std::snprintf(decoder.message.data(), decoder.message.size(), "more than %d scans", kMaxScans);
  std::longjmp(decoder.jump, 1);
}

void create(JpegDecoder& decoder) {
  jpeg_create_decompress(&decoder.jpeg);
  decoder.jpeg.progress = &decoder.progress;
  jpeg_mem_src(&decoder.jpeg, decoder.file.bytes.data(), static_cast<unsigned long>(decoder.file.bytes.size()));
}

JpegDecoder::JpegDecoder(const EncodedImage& encoded) : file(encoded) {
  jpeg.err = jpeg_std_error(&errors);
  jpeg.client_data = this;  // jpeg_create_decompress keeps err and client_data
  errors.error_exit = on_jpeg_error;
  errors.emit_message = on_jpeg_message;
  progress.progress_monitor = on_jpeg_progress;
  if (run_step(*this, create)) return;
  jpeg_destroy_decompress(&jpeg);
  throw std::bad_alloc();
}

void read_header(JpegDecoder& decoder) { jpeg_read_header(&decoder.jpeg, TRUE); }

/// Asks for what the file is nearest to: grey, CMYK, or else RGB.
void start_reading(JpegDecoder& decoder) {
  switch (decoder.jpeg.jpeg_color_space) {
    case JCS_GRAYSCALE: decoder.jpeg.out_color_space = JCS_GRAYSCALE; break;
    case JCS_CMYK:
    case JCS_YCCK: decoder.jpeg.out_color_space = JCS_CMYK; break;
    default: decoder.jpeg.out_color_space = JCS_RGB; break;
  }
  jpeg_start_decompress(&decoder.jpeg);
}

void read_rows(JpegDecoder& decoder) {
  jpeg_decompress_struct& jpeg = decoder.jpeg;
  const std::size_t row_bytes = std::size_t{jpeg.output_width} * jpeg.output_components;
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW row = decoder.pixels + jpeg.output_scanline * row_bytes;
    jpeg_read_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_decompress(&jpeg);
}

ImageInfo read_checked_header(JpegDecoder& decoder) {
  decoder.run(read_header);
  const std::int64_t width = decoder.jpeg.image_width, height = decoder.jpeg.image_height;
  check_image_size(decoder.file.name, width, height, decoder.file.limits);
  // Huffman coding spends at least one bit on each 8 x 8 block (its DC difference); arithmetic coding may spend less.
  const std::int64_t file_bytes = static_cast<std::int64_t>(decoder.file.bytes.size());
  if (!decoder.jpeg.arith_code && width * height / 64 / 8 > file_bytes)
    throw InputError(fmt::format("{}: damaged JPEG file: says its size is {}x{}, more than its {} bytes can hold",
                                 decoder.file.name, width, height, file_bytes));
  return {.height = static_cast<int>(height),
          .width = static_cast<int>(width),
          .has_colour = decoder.jpeg.jpeg_color_space != JCS_GRAYSCALE};
}

}  // namespace

ImageInfo read_jpeg_info(const EncodedImage& file) {
  JpegDecoder decoder(file);
  return read_checked_header(decoder);
}

Image decode_jpeg(const EncodedImage& file) {
  JpegDecoder decoder(file);
  const ImageInfo info = read_checked_header(decoder);
  decoder.run(start_reading);
  const int channels = decoder.jpeg.output_components;
  require(int(decoder.jpeg.output_width) == info.width && int(decoder.jpeg.output_height) == info.height &&
              (channels == 1 || channels == 3 || channels == 4),
          "libjpeg decodes {} to {}x{}x{}", file.name, decoder.jpeg.output_width, decoder.jpeg.output_height, channels);
  Image image{info.height, info.width, channels, {}};
  image.pixels.resize(std::size_t(info.height) * info.width * channels);
  decoder.pixels = image.pixels.data();
  decoder.run(read_rows);
  if (channels == 4) {
    // Adobe's encoders store CMYK inverted, as light instead of ink.
    if (decoder.jpeg.saw_Adobe_marker)
      for (std::uint8_t& sample : image.pixels) sample = static_cast<std::uint8_t>(255 - sample);
    rgb_from_cmyk(image.pixels);
    image.channels = 3;
  }
  return image;
}

}  // namespace gan
