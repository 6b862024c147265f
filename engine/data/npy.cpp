#include "engine/data/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "engine/data/image.h"
#include "engine/data/image_converter.h"
#include "engine/data/parallel_each.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr std::array<std::uint8_t, 6> kMagic = {0x93, 'N', 'U', 'M', 'P', 'Y'};
constexpr std::uint32_t kMostHeaderBytes = 1 << 16;  // as many as version 1 can say; ours are a hundred
constexpr std::size_t kMostAxes = 32;                // NumPy's own limit
constexpr std::int64_t kGatheredImages = 64;         // a cache line of an array in Fortran order holds as many's pixels

/// Reads Python literals from a header's text, as far as NumPy writes them.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& name) : left_(text), name_(name) {}

  NpyHeader parse() {
    std::optional<std::string> descr;
    std::optional<bool> fortran_order;
    std::optional<std::vector<std::int64_t>> shape;
    expect('{');
    while (!take('}')) {
      const std::string key = read_string();
      expect(':');
      if (key == "descr" && !descr) descr = read_string();
      else if (key == "fortran_order" && !fortran_order) fortran_order = read_truth();
      else if (key == "shape" && !shape) shape = read_extents();
      else refuse();
      if (take(',')) continue;
      expect('}');
      break;
    }
    skip_space();
    if (!left_.empty() || !descr || !fortran_order || !shape) refuse();
    return {std::move(*descr), *fortran_order, std::move(*shape)};
  }

 private:
  [[noreturn]] void refuse() const {
    throw InputError(
        fmt::format("{}: damaged .npy header; accepted: {{'descr': '|u1', 'fortran_order': False or True, "
                    "'shape': (N, H, W), (N, H, W, C) or (N, C, H, W)}}",
                    name_));
  }

  void skip_space() { left_.remove_prefix(std::min(left_.find_first_not_of(" \t\r\n"), left_.size())); }

  bool take(char wanted) {
    skip_space();
    if (left_.empty() || left_.front() != wanted) return false;
    left_.remove_prefix(1);
    return true;
  }

  void expect(char wanted) {
    if (!take(wanted)) refuse();
  }

  /// No escapes: NumPy needs none for these.
  std::string read_string() {
    skip_space();
    if (left_.empty() || (left_.front() != '\'' && left_.front() != '"')) refuse();
    const std::size_t end = left_.find(left_.front(), 1);
    if (end == std::string_view::npos) refuse();
    std::string text(left_.substr(1, end - 1));
    // It will stand in messages.
    if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '\\'; })) refuse();
    left_.remove_prefix(end + 1);
    return text;
  }

  bool read_truth() {
    skip_space();
    for (const bool truth : {false, true}) {
      const std::string_view word = truth ? "True" : "False";
      if (!left_.starts_with(word)) continue;
      left_.remove_prefix(word.size());
      return truth;
    }
    refuse();
  }

  std::int64_t read_extent() {
    skip_space();
    std::int64_t extent = 0;
    std::size_t digits = 0;
    for (; digits < left_.size() && left_[digits] >= '0' && left_[digits] <= '9'; ++digits) {
      const std::int64_t digit = left_[digits] - '0';
      if (extent > (std::numeric_limits<std::int64_t>::max() - digit) / 10) refuse();
      extent = 10 * extent + digit;
    }
    if (digits == 0) refuse();
    left_.remove_prefix(digits);
    if (left_.starts_with('L')) left_.remove_prefix(1);  // as Python 2 writes long integers
    return extent;
  }

  std::vector<std::int64_t> read_extents() {
    std::vector<std::int64_t> extents;
    expect('(');
    while (!take(')')) {
      if (extents.size() == kMostAxes) refuse();
      extents.push_back(read_extent());
      if (take(',')) continue;
      expect(')');
      break;
    }
    return extents;
  }

  std::string_view left_;
  const std::string& name_;
};

/// Magic, version, length, text; the reader then stands at the first element.
NpyHeader read_npy_header(ByteReader& reader) {
  std::array<std::uint8_t, kMagic.size()> magic;
  read_exactly(reader, magic, ".npy header");
  if (magic != kMagic) throw InputError(fmt::format("{}: not a .npy file", reader.name()));
  std::array<std::uint8_t, 2> version;
  read_exactly(reader, version, ".npy header");
  if (version[0] < 1 || version[0] > 3)
    throw InputError(
        fmt::format("{}: .npy version {}.{}; accepted: 1, 2 and 3", reader.name(), version[0], version[1]));
  std::array<std::uint8_t, 4> little_endian = {};
  read_exactly(reader, std::span(little_endian).first(version[0] == 1 ? 2 : 4), ".npy header");
  std::uint32_t length = 0;
  for (int i = 3; i >= 0; --i) length = length * 256 + little_endian[i];
  if (length > kMostHeaderBytes)
    throw InputError(
        fmt::format("{}: a .npy header of {} bytes; accepted: at most {}", reader.name(), length, kMostHeaderBytes));
  std::string text(length, '\0');
  read_exactly(reader, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}, ".npy header");
  return parse_npy_header(text, reader.name());
}

/// Reads an array in Fortran order, axes (N,H,W,C) or (N,C,H,W), and appends its images to `dataset`.
void append_fortran_images(ByteReader& reader, const RawImages& images, Dataset& dataset, int threads,
                           LoadingMeter& meter) {
  // Takes memory, after a look at how much there is.
  std::vector<std::uint8_t> array =
      reserve_dataset(reader.name(), images.count, images.height, images.width, images.channels).pixels;
  array.resize(images.count * images.image_bytes());
  read_exactly(reader, array, "pixels");

  // Neighbours along N are one apart; along each further axis, the product of the extents before it.
  const bool planar = images.order == RawImages::Order::Planar;
  const std::int64_t channel_step = images.count * (planar ? 1 : images.height * images.width);
  const std::int64_t row_step = images.count * (planar ? images.channels : 1), column_step = row_step * images.height;
  const ImageConverter converter(images.height, images.width, images.channels, dataset);
  const std::int64_t source_bytes = images.image_bytes(), target_bytes = dataset.image_bytes();
  dataset.pixels.resize(images.count * target_bytes);
  for_each_index((images.count + kGatheredImages - 1) / kGatheredImages, threads, [&](std::int64_t block) {
    const std::int64_t begin = block * kGatheredImages, taken = std::min(kGatheredImages, images.count - begin);
    ConversionBuffers buffers;
    std::vector<std::uint8_t> gathered(taken * source_bytes);
    std::int64_t pixel = 0;
    for (std::int64_t y = 0; y < images.height; ++y)
      for (std::int64_t x = 0; x < images.width; ++x)
        for (std::int64_t c = 0; c < images.channels; ++c, ++pixel) {
          const std::uint8_t* const from = array.data() + begin + y * row_step + x * column_step + c * channel_step;
          for (std::int64_t i = 0; i < taken; ++i) gathered[i * source_bytes + pixel] = from[i];
        }
    for (std::int64_t i = 0; i < taken; ++i)
      converter.run(std::span(gathered).subspan(i * source_bytes, source_bytes),
                    std::span(dataset.pixels).subspan((begin + i) * target_bytes, target_bytes), buffers);
    meter.add(taken);
  });
}

}  // namespace

bool is_npy(std::span<const std::uint8_t> head) {
  return head.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), head.begin());
}

NpyHeader parse_npy_header(std::string_view text, const std::string& name) { return HeaderParser(text, name).parse(); }

RawImages npy_images(const NpyHeader& header, const std::string& name) {
  if (header.descr != "|u1" && header.descr != "u1" && header.descr != "<u1" && header.descr != ">u1")
    throw InputError(fmt::format("{}: holds elements of type '{}'; accepted: '|u1' (numpy.uint8), bytes in 0..255",
                                 name, header.descr));
  const std::vector<std::int64_t>& s = header.shape;
  const auto is_channels = [](std::int64_t extent) { return extent == 1 || extent == 3; };
  RawImages images;
  // A last axis of one to four columns is a picture's channels: the array is one image, and no N of grey ones.
  if (s.size() == 3 && s[2] > 4) images = {.count = s[0], .height = s[1], .width = s[2], .channels = 1};
  else if (s.size() == 4 && is_channels(s[3]))
    images = {.count = s[0], .height = s[1], .width = s[2], .channels = s[3]};
  else if (s.size() == 4 && is_channels(s[1]))
    images = {.count = s[0], .height = s[2], .width = s[3], .channels = s[1], .order = RawImages::Order::Planar};
  else
    throw InputError(
        fmt::format("{}: an array of shape ({}); accepted: images (N,H,W), (N,H,W,C) or (N,C,H,W) with C 1 or 3", name,
                    fmt::join(s, ", ")));
  if (images.count < 1) throw InputError(fmt::format("{}: holds no images (its .npy header says 0)", name));
  if (images.count > std::numeric_limits<std::uint32_t>::max())
    throw InputError(fmt::format("{}: says it holds {} images; accepted: fewer than 2^32", name, images.count));
  check_image_size(name, images.width, images.height, ImageLimits{});
  return images;
}

Dataset load_npy(ByteReader& reader, const std::string& name, const DataOptions& options) {
  const NpyHeader header = read_npy_header(reader);
  const RawImages images = npy_images(header, reader.name());
  require_room(reader, images, ".npy");
  Dataset dataset = reserve_dataset(name, images.count, options.height, options.width,
                                    options.channels != 0 ? options.channels : images.channels);
  LoadingMeter meter(options.observer, "reading " + name, images.count);
  const auto append = header.fortran_order ? append_fortran_images : append_raw_images;
  append(reader, images, dataset, options.threads, meter);
  require_end(reader, ".npy");
  return dataset;
}

}  // namespace gan
