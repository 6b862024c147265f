// IDX, the format of MNIST and its kin: a big-endian header of dimensions, then unsigned bytes.
// http://yann.lecun.com/exdb/mnist/ ("the IDX file format").
#pragma once

#include <cstdint>

#include "engine/data/byte_reader.h"
#include "engine/data/dataset.h"

namespace gan {

/// Dimensions of an IDX file of images: (N,H,W), channels 1, or (N,H,W,C), channels 1 or 3.
struct IdxHeader {
  std::int64_t count = 0, height = 0, width = 0, channels = 0;
  /// Of one image.
  std::int64_t image_bytes() const { return height * width * channels; }
};

/// Reads and checks the header; the reader then stands at the first pixel.
/// Throws InputError for another magic number or type, dimensions out of range, and more pixels than the stream can
/// hold.
IdxHeader read_idx_header(ByteReader& reader);

/// Reads header and images, converted as `options` asks (`source` and `seed` are not looked at).
/// One thread reads and inflates while the others resample what they have read.
/// Throws InputError for what `read_idx_header` refuses, and for fewer or more bytes than the header says.
Dataset load_idx(ByteReader& reader, const std::string& name, const DataOptions& options);

}  // namespace gan
