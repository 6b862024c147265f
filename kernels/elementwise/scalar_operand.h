// The check of operands that hold a single number.
#pragma once

#include "kernels/core/contract/check_operand.h"

namespace gan {

/// Throws Error unless `tensor` is present, of this type, and a single element, whatever its rank.
inline void require_scalar(const char* instruction, const char* operand, const Tensor& tensor, DType dtype) {
  require_operand(instruction, operand, tensor, tensor.shape, dtype);
  require(tensor.count() == 1, "{}: {} has shape {}, expected a single element", instruction, operand,
          to_string(tensor.shape));
}

}  // namespace gan
