// The checks that validate() functions share: an operand's presence, type and shape.
#pragma once

#include <cstdint>

#include "kernels/core/contract/error.h"
#include "kernels/core/contract/tensor.h"

namespace gan {

/// Throws Error unless `tensor` is present and has this type and shape. `instruction` and `operand` name it in the
/// message.
inline void require_operand(const char* instruction, const char* operand, const Tensor& tensor, const Shape& shape,
                            DType dtype) {
  require(tensor.present(), "{}: {} is missing", instruction, operand);
  require(tensor.dtype == dtype, "{}: {} is {}, expected {}", instruction, operand, name_of(tensor.dtype),
          name_of(dtype));
  require(tensor.shape == shape, "{}: {} has shape {}, expected {}", instruction, operand, to_string(tensor.shape),
          to_string(shape));
}

/// Throws Error unless `tensor` is present and real: F32, or F64 for the tests on the CPU.
inline void require_real(const char* instruction, const char* operand, const Tensor& tensor) {
  require(tensor.present(), "{}: {} is missing", instruction, operand);
  require(tensor.dtype == DType::F32 || tensor.dtype == DType::F64, "{}: {} is {}, expected f32 or f64", instruction,
          operand, name_of(tensor.dtype));
}

/// Throws Error unless `workspace` holds at least `count` F32 elements; where `count` is 0 it may be missing.
inline void require_workspace(const char* instruction, const Tensor& workspace, std::int64_t count) {
  if (count == 0) return;
  require(workspace.present(), "{}: workspace is missing, {} elements needed", instruction, count);
  require(workspace.dtype == DType::F32, "{}: workspace is {}, expected f32", instruction, name_of(workspace.dtype));
  require(workspace.count() >= count, "{}: workspace has {} elements, {} needed", instruction, workspace.count(),
          count);
}

}  // namespace gan
