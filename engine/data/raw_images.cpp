#include "engine/data/raw_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/data/image_converter.h"
#include "engine/data/parallel_each.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr std::int64_t kChunkBytes = 1 << 19;  // read at a time: stays in the cache until it is converted

/// (C,H,W) -> (H,W,C).
void interleave(std::span<const std::uint8_t> planes, std::int64_t channels, std::vector<std::uint8_t>& pixels) {
  const std::size_t plane = planes.size() / std::size_t(channels);
  pixels.resize(planes.size());
  for (std::size_t c = 0; c < std::size_t(channels); ++c)
    for (std::size_t i = 0; i < plane; ++i) pixels[i * std::size_t(channels) + c] = planes[c * plane + i];
}

/// `index`: of the record in its stream.
void check_label(std::span<const std::uint8_t> record, const RawImages& images, std::int64_t index,
                 const std::string& name) {
  for (const std::uint8_t label : record.first(std::size_t(images.label_bytes)))
    if (label > images.largest_label)
      throw InputError(fmt::format("{}: image {} has label {}; accepted: labels of 0 to {}", name, index, label,
                                   images.largest_label));
}

}  // namespace

void require_room(const ByteReader& reader, const RawImages& images, std::string_view format) {
  // Limits keep an image below 2^30 bytes and the count below 2^32: no overflow.
  const std::int64_t bytes = images.count * images.record_bytes();
  const std::uint64_t most = reader.most_left();
  if (static_cast<std::uint64_t>(bytes) > most)
    throw InputError(
        fmt::format("{}: truncated: its {} header says {} images of {}x{}x{} = {} bytes, the file can hold "
                    "at most {}",
                    reader.name(), format, images.count, images.width, images.height, images.channels, bytes, most));
}

void read_exactly(ByteReader& reader, std::span<std::uint8_t> out, std::string_view what) {
  const std::size_t count = reader.read(out);
  if (count < out.size())
    throw InputError(
        fmt::format("{}: truncated: the file ends {} bytes early, in its {}", reader.name(), out.size() - count, what));
}

void require_end(ByteReader& reader, std::string_view format) {
  std::array<std::uint8_t, 1> extra;
  if (reader.read(extra) != 0)
    throw InputError(fmt::format("{}: holds more bytes than its {} header says", reader.name(), format));
}

void append_raw_images(ByteReader& reader, const RawImages& images, Dataset& dataset, int threads,
                       LoadingMeter& meter) {
  const ImageConverter converter(images.height, images.width, images.channels, dataset);
  const std::int64_t record_bytes = images.record_bytes(), target_bytes = dataset.image_bytes();
  const std::int64_t chunk = std::clamp<std::int64_t>(kChunkBytes / record_bytes, 1, images.count);
  const bool planar = images.order == RawImages::Order::Planar && images.channels > 1;

  // A stream is read by one thread at a time; which one does not matter. Each converts what it read while the next
  // reads on. The pixels grow with what is read, inside the reserved memory, so no page is touched long before its use.
  std::mutex reading;
  std::int64_t next = 0;
  const std::size_t start = dataset.pixels.size();
  std::uint8_t* const pixels = dataset.pixels.data() + start;
  for_each_index((images.count + chunk - 1) / chunk, threads, [&](std::int64_t) {
    ConversionBuffers buffers;
    std::vector<std::uint8_t> file, interleaved;
    std::int64_t begin = 0, taken = 0;
    {
      const std::lock_guard lock(reading);
      begin = std::exchange(next, images.count);  // nobody reads on after an error
      if (begin == images.count) return;
      taken = std::min(chunk, images.count - begin);
      file.resize(taken * record_bytes);
      read_exactly(reader, file, "pixels");
      dataset.pixels.resize(start + (begin + taken) * target_bytes);
      next = begin + taken;
    }
    for (std::int64_t i = 0; i < taken; ++i) {
      const auto record = std::span<const std::uint8_t>(file).subspan(i * record_bytes, record_bytes);
      check_label(record, images, begin + i, reader.name());
      auto image = record.subspan(images.label_bytes);
      if (planar) {
        interleave(image, images.channels, interleaved);
        image = interleaved;
      }
      converter.run(image, {pixels + (begin + i) * target_bytes, std::size_t(target_bytes)}, buffers);
    }
    meter.add(taken);
  });
}

}  // namespace gan
