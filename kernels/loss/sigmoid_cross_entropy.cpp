#include "kernels/loss/sigmoid_cross_entropy.h"

#include <cmath>

#include "kernels/loss/check_logits.h"

namespace gan {

void validate(const SigmoidCrossEntropy& op) {
  require_loss_of_logits(op);
  require_scalar(op.kName, "mean_sigmoid", op.mean_sigmoid);
  require(op.target >= 0 && op.target <= 1, "{}: target is from 0 to 1, got {}", op.kName, op.target);
  require(std::isfinite(op.weight), "{}: weight is finite, got {}", op.kName, op.weight);
}

Cost cost(const SigmoidCrossEntropy& op) {
  // |z|, exp, log1p, max, target, add, two sums; select, 1 + e, divide, subtract, scale.
  constexpr std::int64_t kFlopsPerLogit = 14;
  return {.flops = kFlopsPerLogit * op.logits.count(), .bytes = operand_bytes(op)};
}

}  // namespace gan
