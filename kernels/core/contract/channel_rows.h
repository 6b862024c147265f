// A channels-last tensor seen as a matrix.
#pragma once

#include <cstdint>

#include "kernels/core/contract/tensor.h"

namespace gan {

/// A tensor (..., C) seen as a matrix (rows, C).
struct ChannelRows {
  std::int64_t rows = 0;
  std::int64_t channels = 0;
};

/// The matrix view of `shape`, whose rank is at least 1.
inline ChannelRows channel_rows(const Shape& shape) {
  ChannelRows view{.rows = 1, .channels = shape[shape.rank - 1]};
  for (int axis = 0; axis + 1 < shape.rank; ++axis) view.rows *= shape[axis];
  return view;
}

}  // namespace gan
