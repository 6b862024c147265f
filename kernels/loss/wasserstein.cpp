#include "kernels/loss/wasserstein.h"

#include <cmath>

#include "kernels/loss/check_logits.h"

namespace gan {

void validate(const WassersteinLoss& op) {
  require_loss_of_logits(op);
  require(std::isfinite(op.weight), "{}: weight is finite, got {}", op.kName, op.weight);
}

Cost cost(const WassersteinLoss& op) {
  return {.flops = 2 * op.logits.count(), .bytes = operand_bytes(op)};  // a term is scaled and added
}

}  // namespace gan
