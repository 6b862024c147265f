// Images that lie in a stream one behind the other, uncompressed: what IDX, NumPy and CIFAR files are behind their
// headers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/data/byte_reader.h"
#include "engine/data/dataset.h"
#include "engine/data/loading_observer.h"

namespace gan {

/// How the images lie.
struct RawImages {
  enum class Order {
    Interleaved,  ///< (H,W,C): the channels of a pixel side by side
    Planar        ///< (C,H,W): a plane a channel
  };

  std::int64_t count = 0, height = 0, width = 0;
  std::int64_t channels = 0;  ///< 1 or 3
  Order order = Order::Interleaved;
  int label_bytes = 0;      ///< in front of each image; they are passed over
  int largest_label = 255;  ///< what these bytes may be at most

  /// Of one image.
  std::int64_t image_bytes() const { return height * width * channels; }
  /// Of one image with its label.
  std::int64_t record_bytes() const { return label_bytes + image_bytes(); }
};

/// Throws InputError unless the stream can hold that many images: before memory is taken for them. `format` is what the
/// header is one of ("IDX"). Size and channels are within the limits of image.h, `count` below 2^32.
void require_room(const ByteReader& reader, const RawImages& images, std::string_view format);

/// Fills `out`. Throws InputError when the stream ends early; `what` says where ("IDX header").
void read_exactly(ByteReader& reader, std::span<std::uint8_t> out, std::string_view what);

/// Throws InputError unless all bytes of the stream have been read.
void require_end(ByteReader& reader, std::string_view format);

/// Reads the images and appends them to `dataset`, converted to its size and channels; it has reserved room for them.
/// One thread reads while the others resample what they have read. Throws InputError when the stream ends early and for
/// a label that is too large.
void append_raw_images(ByteReader& reader, const RawImages& images, Dataset& dataset, int threads, LoadingMeter& meter);

}  // namespace gan
