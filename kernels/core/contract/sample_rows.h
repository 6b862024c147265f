// A batch seen as a matrix with one row a sample.
#pragma once

#include <cstdint>

#include "kernels/core/contract/tensor.h"

namespace gan {

/// A tensor (N, ...) seen as a matrix (samples, elements).
struct SampleRows {
  std::int64_t samples = 0;
  std::int64_t elements = 1;  ///< of one sample
};

/// The matrix view of `shape`, whose rank is at least 1.
inline SampleRows sample_rows(const Shape& shape) {
  SampleRows view{.samples = shape[0], .elements = 1};
  for (int axis = 1; axis < shape.rank; ++axis) view.elements *= shape[axis];
  return view;
}

}  // namespace gan
