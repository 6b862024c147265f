#include "kernels/loss/gradient_penalty.h"

#include <cmath>

#include "kernels/core/contract/check_operand.h"

namespace gan {

void validate(const GradientPenalty& op) {
  require_element_types(op);
  require_present(op.kName, "gradient", op.gradient);
  require(op.gradient.shape.rank >= 1 && op.gradient.count() >= 1,
          "{}: a mean of norms needs samples (N, ...) with elements, got shape {}", op.kName,
          to_string(op.gradient.shape));
  require_operand(op.kName, "norm", op.norm, {op.gradient.shape[0]});
  require_scalar(op.kName, "loss", op.loss);
  require_scalar(op.kName, "mean_norm", op.mean_norm);
  require_operand(op.kName, "dgradient", op.dgradient, op.gradient.shape);
  require(std::isfinite(op.weight), "{}: weight is finite, got {}", op.kName, op.weight);
  require(op.target >= 0 && std::isfinite(op.target), "{}: target is finite and not negative, got {}", op.kName,
          op.target);
}

Cost cost(const GradientPenalty& op) {
  // An element: square, add, scale. A sample: square root, deviation, quotient and factor; square, scale, two sums.
  constexpr std::int64_t kFlopsPerElement = 3, kFlopsPerSample = 9;
  return {.flops = kFlopsPerElement * op.gradient.count() + kFlopsPerSample * op.norm.count(),
          .bytes = operand_bytes(op)};
}

}  // namespace gan
