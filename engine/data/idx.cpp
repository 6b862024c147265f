#include "engine/data/idx.h"

#include <fmt/format.h>

#include <array>

#include "engine/data/image.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {
constexpr std::uint8_t kUnsignedByte = 0x08;
}  // namespace

bool is_idx(std::span<const std::uint8_t> head) {
  // The types are bytes, signed bytes, shorts, integers, floats and doubles.
  return head.size() >= 3 && head[0] == 0 && head[1] == 0 && head[2] >= kUnsignedByte && head[2] <= 0x0e;
}

RawImages read_idx_header(ByteReader& reader) {
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
  const RawImages images{.count = size[0], .height = size[1], .width = size[2], .channels = axes == 4 ? size[3] : 1};
  if (images.count < 1) throw InputError(fmt::format("{}: holds no images (its IDX header says 0)", reader.name()));
  check_image_size(reader.name(), images.width, images.height, ImageLimits{});
  if (images.channels != 1 && images.channels != 3)
    throw InputError(fmt::format("{}: images of {} channels; accepted: 1 or 3", reader.name(), images.channels));
  require_room(reader, images, "IDX");
  return images;
}

Dataset load_idx(ByteReader& reader, const std::string& name, const DataOptions& options) {
  const RawImages images = read_idx_header(reader);
  const std::int64_t channels = options.channels != 0 ? options.channels : images.channels;
  Dataset dataset = reserve_dataset(name, images.count, options.height, options.width, channels);
  LoadingMeter meter(options.observer, "reading " + name, images.count);
  append_raw_images(reader, images, dataset, options.threads, meter);
  require_end(reader, "IDX");
  return dataset;
}

}  // namespace gan
