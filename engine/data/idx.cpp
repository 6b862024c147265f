#include "engine/data/idx.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/data/image.h"
#include "engine/data/parallel_each.h"
#include "engine/data/resample.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr std::uint8_t kUnsignedByte = 0x08;
constexpr std::int64_t kChunkBytes = 1 << 19;  // read at a time: stays in the cache until it is converted

void read_exactly(ByteReader& reader, std::span<std::uint8_t> out, std::string_view what) {
  const std::size_t count = reader.read(out);
  if (count < out.size())
    throw InputError(
        fmt::format("{}: truncated: the file ends {} bytes early, in its {}", reader.name(), out.size() - count, what));
}

void require_end(ByteReader& reader) {
  std::array<std::uint8_t, 1> extra;
  if (reader.read(extra) != 0)
    throw InputError(fmt::format("{}: holds more bytes than its IDX header says", reader.name()));
}

/// A thread's working memory.
struct Buffers {
  std::vector<std::uint8_t> file, grey;
  std::vector<float> rows;
};

/// Images as the file has them -> images as asked for.
class Converter {
 public:
  Converter(const IdxHeader& header, const Dataset& dataset)
      : file_channels_(header.channels),
        channels_(dataset.channels),
        // Channels change before resampling when they get fewer, after it when they get more: the cheaper way round.
        resampler_(int(header.height), int(header.width), int(dataset.height), int(dataset.width),
                   int(std::min(header.channels, dataset.channels))),
        source_pixels_(header.height * header.width),
        target_pixels_(dataset.height * dataset.width) {}

  /// One image, (H,W,C) of the file -> (H,W,C) of the data set.
  void run(std::span<const std::uint8_t> source, std::span<std::uint8_t> target, Buffers& buffers) const {
    if (file_channels_ > channels_) {
      buffers.grey.resize(source_pixels_);
      grey_from_rgb(source, buffers.grey);
      resampler_.run(buffers.grey, target, buffers.rows);
    } else if (file_channels_ < channels_) {
      buffers.grey.resize(target_pixels_);
      resampler_.run(source, buffers.grey, buffers.rows);
      rgb_from_grey(buffers.grey, target);
    } else {
      resampler_.run(source, target, buffers.rows);
    }
  }

 private:
  std::int64_t file_channels_, channels_;
  Resampler resampler_;
  std::int64_t source_pixels_, target_pixels_;
};

}  // namespace

IdxHeader read_idx_header(ByteReader& reader) {
  std::array<std::uint8_t, 4> magic;
  read_exactly(reader, magic, "IDX header");
  const int axes = magic[3];
  if (magic[0] != 0 || magic[1] != 0 || magic[2] != kUnsignedByte || (axes != 3 && axes != 4))
    throw InputError(
        fmt::format("{}: starts with {:02x} {:02x} {:02x} {:02x}; accepted: IDX images of unsigned bytes, "
                    "00 00 08 03 for (N,H,W) or 00 00 08 04 for (N,H,W,C)",
                    reader.name(), magic[0], magic[1], magic[2], magic[3]));
  std::array<std::int64_t, 4> size = {};
  for (int axis = 0; axis < axes; ++axis) {
    std::array<std::uint8_t, 4> big_endian;
    read_exactly(reader, big_endian, "IDX header");
    for (const std::uint8_t byte : big_endian) size[axis] = size[axis] * 256 + byte;
  }
  const IdxHeader header{size[0], size[1], size[2], axes == 4 ? size[3] : 1};
  if (header.count < 1) throw InputError(fmt::format("{}: holds no images (its IDX header says 0)", reader.name()));
  check_image_size(reader.name(), header.width, header.height, ImageLimits{});
  if (header.channels != 1 && header.channels != 3)
    throw InputError(fmt::format("{}: images of {} channels; accepted: 1 or 3", reader.name(), header.channels));
  // The limits above keep the image below 2^30 bytes and N is below 2^32: no overflow.
  const std::int64_t bytes = header.count * header.image_bytes();
  const std::uint64_t most = reader.most_left();
  if (static_cast<std::uint64_t>(bytes) > most)
    throw InputError(
        fmt::format("{}: truncated: its IDX header says {} images of {}x{}x{} = {} bytes, the file can hold "
                    "at most {}",
                    reader.name(), header.count, header.width, header.height, header.channels, bytes, most));
  return header;
}

Dataset load_idx(ByteReader& reader, const std::string& name, const DataOptions& options) {
  const IdxHeader header = read_idx_header(reader);
  const std::int64_t channels = options.channels != 0 ? options.channels : header.channels;
  Dataset dataset = reserve_dataset(name, header.count, options.height, options.width, channels);
  const Converter converter(header, dataset);
  const std::int64_t source_bytes = header.image_bytes(), target_bytes = dataset.image_bytes();
  const std::int64_t chunk = std::clamp<std::int64_t>(kChunkBytes / source_bytes, 1, header.count);

  // A stream is read by one thread at a time; which one does not matter. Each converts what it read while the next
  // reads on. The pixels grow with what is read, inside the reserved memory, so no page is touched long before its use.
  std::mutex reading;
  std::int64_t next = 0;
  std::uint8_t* const pixels = dataset.pixels.data();
  for_each_index((header.count + chunk - 1) / chunk, options.threads, [&](std::int64_t) {
    Buffers buffers;
    std::int64_t begin = 0, images = 0;
    {
      const std::lock_guard lock(reading);
      begin = std::exchange(next, header.count);  // nobody reads on after an error
      if (begin == header.count) return;
      images = std::min(chunk, header.count - begin);
      buffers.file.resize(images * source_bytes);
      read_exactly(reader, buffers.file, "pixels");
      dataset.pixels.resize((begin + images) * target_bytes);
      next = begin + images;
    }
    for (std::int64_t i = 0; i < images; ++i)
      converter.run(std::span(buffers.file).subspan(i * source_bytes, source_bytes),
                    {pixels + (begin + i) * target_bytes, std::size_t(target_bytes)}, buffers);
  });
  require_end(reader);
  return dataset;
}

}  // namespace gan
