#include "kernels/loss/sigmoid_cross_entropy.h"

#include <cmath>

#include "kernels/core/contract/check_operand.h"

namespace gan {

void validate(const SigmoidCrossEntropy& op) {
  require_element_types(op);
  require_present(op.kName, "logits", op.logits);
  require(op.logits.count() >= 1, "{}: a mean needs at least one logit, got shape {}", op.kName,
          to_string(op.logits.shape));
  require_scalar(op.kName, "loss", op.loss);
  require_operand(op.kName, "dlogits", op.dlogits, op.logits.shape);
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
