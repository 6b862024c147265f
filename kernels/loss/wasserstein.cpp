#include "kernels/loss/wasserstein.h"

#include <cmath>

#include "kernels/core/contract/check_operand.h"

namespace gan {

void validate(const WassersteinLoss& op) {
  require_element_types(op);
  require_present(op.kName, "logits", op.logits);
  require(op.logits.count() >= 1, "{}: a mean needs at least one logit, got shape {}", op.kName,
          to_string(op.logits.shape));
  require_scalar(op.kName, "loss", op.loss);
  require_operand(op.kName, "dlogits", op.dlogits, op.logits.shape);
  require(std::isfinite(op.weight), "{}: weight is finite, got {}", op.kName, op.weight);
}

Cost cost(const WassersteinLoss& op) {
  return {.flops = 2 * op.logits.count(), .bytes = operand_bytes(op)};  // a term is scaled and added
}

}  // namespace gan
