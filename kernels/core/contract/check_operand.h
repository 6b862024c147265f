// The checks that validate() functions share: an operand's presence and shape. Element types: element_types.h.
#pragma once

#include <cstdint>

#include "kernels/core/contract/element_types.h"
#include "kernels/core/contract/error.h"
#include "kernels/core/contract/tensor.h"

namespace gan {

/// Throws Error unless `tensor` is present. `instruction` and `operand` name it in the message.
inline void require_present(const char* instruction, const char* operand, const Tensor& tensor) {
  require(tensor.present(), "{}: {} is missing", instruction, operand);
}

/// Throws Error unless `tensor` is present and has this shape.
inline void require_operand(const char* instruction, const char* operand, const Tensor& tensor, const Shape& shape) {
  require_present(instruction, operand, tensor);
  require(tensor.shape == shape, "{}: {} has shape {}, expected {}", instruction, operand, to_string(tensor.shape),
          to_string(shape));
}

/// Throws Error unless `tensor` is present and a single element, whatever its rank.
inline void require_scalar(const char* instruction, const char* operand, const Tensor& tensor) {
  require_present(instruction, operand, tensor);
  require(tensor.count() == 1, "{}: {} has shape {}, expected a single element", instruction, operand,
          to_string(tensor.shape));
}

/// Throws Error unless `workspace` holds at least `count` elements; where `count` is 0 it may be missing.
inline void require_workspace(const char* instruction, const Tensor& workspace, std::int64_t count) {
  if (count == 0) return;
  require(workspace.present(), "{}: workspace is missing, {} elements needed", instruction, count);
  require(workspace.count() >= count, "{}: workspace has {} elements, {} needed", instruction, workspace.count(),
          count);
}

}  // namespace gan
