#include "kernels/loss/hinge.h"

#include "kernels/loss/check_logits.h"

namespace gan {

void validate(const HingeLoss& op) {
  require_loss_of_logits(op);
  require_scalar(op.kName, "mean_logit", op.mean_logit);
  require(op.label == 1 || op.label == -1, "{}: label is 1 or -1, got {}", op.kName, op.label);
}

Cost cost(const HingeLoss& op) {
  // The product, the difference, the maximum, its scaling; scaling of the mean, two sums.
  constexpr std::int64_t kFlopsPerLogit = 7;
  return {.flops = kFlopsPerLogit * op.logits.count(), .bytes = operand_bytes(op)};
}

}  // namespace gan
