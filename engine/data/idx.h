// IDX, the format of MNIST and its kin: a big-endian header of dimensions, then unsigned bytes.
// http://yann.lecun.com/exdb/mnist/ ("the IDX file format").
#pragma once

#include <cstdint>
#include <span>

#include "engine/data/byte_reader.h"
#include "engine/data/dataset.h"
#include "engine/data/raw_images.h"

namespace gan {

/// Whether a file that starts with `head` (three bytes are enough) claims to be an IDX file, of whatever type.
bool is_idx(std::span<const std::uint8_t> head);

/// Reads and checks the header of an IDX file of images, (N,H,W), channels 1, or (N,H,W,C), channels 1 or 3; the reader
/// then stands at the first pixel.
/// Throws InputError for another magic number or type, dimensions out of range, and more pixels than the stream can
/// hold.
RawImages read_idx_header(ByteReader& reader);

/// Reads header and images, converted as `options` asks (`source` and `seed` are not looked at).
/// Throws InputError for what `read_idx_header` refuses, and for fewer or more bytes than the header says.
Dataset load_idx(ByteReader& reader, const std::string& name, const DataOptions& options);

}  // namespace gan
