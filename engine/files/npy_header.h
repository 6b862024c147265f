// NumPy's file format for one array.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace gan {

/// What stands before the elements of a uint8 array of `shape` in C order: magic, version 1.0, and the description, padded
/// so that the elements start at a multiple of 64 bytes (NumPy's format specification, numpy.lib.format).
std::string npy_header(std::span<const std::int64_t> shape);

}  // namespace gan
