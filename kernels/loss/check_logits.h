// The checks that the validate() functions of losses share.
#pragma once

#include "kernels/core/contract/check_operand.h"

namespace gan {

/// Throws Error unless `logits`, called `operand` in the message, is present and has an element to take the mean of.
inline void require_logits(const char* instruction, const char* operand, const Tensor& logits) {
  require_present(instruction, operand, logits);
  require(logits.count() >= 1, "{}: a mean needs at least one logit, got {} of shape {}", instruction, operand,
          to_string(logits.shape));
}

/// Throws Error unless an instruction of one batch of logits has a scalar loss and a gradient of the logits' shape.
template <class Loss>
void require_loss_of_logits(const Loss& op) {
  require_element_types(op);
  require_logits(op.kName, "logits", op.logits);
  require_scalar(op.kName, "loss", op.loss);
  require_operand(op.kName, "dlogits", op.dlogits, op.logits.shape);
}

}  // namespace gan
