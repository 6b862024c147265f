// NumPy's file format for one array.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "kernels/core/contract/tensor.h"

namespace gan {

/// What stands before the elements of an array of `shape` in C order: magic, version 1.0, and the description, padded so
/// that the elements start at a multiple of 64 bytes (NumPy's format specification, numpy.lib.format). `dtype`: U8, or F32
/// in the machine's order of bytes, little-endian; Error for others.
std::string npy_header(std::span<const std::int64_t> shape, DType dtype);

}  // namespace gan
