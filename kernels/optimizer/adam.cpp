#include "kernels/optimizer/adam.h"

#include "kernels/optimizer/check_update.h"

namespace gan {

void validate(const Adam& op) {
  require_update(op);
  if (op.updates.present()) require_scalar(op.kName, "updates", op.updates);
  require_operand(op.kName, "m", op.m, op.gradient.shape);
  require_operand(op.kName, "v", op.v, op.gradient.shape);
  require(op.beta1 >= 0 && op.beta1 < 1, "{}: beta1 is at least 0 and below 1, got {}", op.kName, op.beta1);
  require(op.beta2 >= 0 && op.beta2 < 1, "{}: beta2 is at least 0 and below 1, got {}", op.kName, op.beta2);
  require(op.epsilon >= 0 && std::isfinite(op.epsilon), "{}: epsilon is finite and not negative, got {}", op.kName,
          op.epsilon);
  require(op.update_index < op.updates_per_iteration, "{}: update_index {} is below updates_per_iteration {}", op.kName,
          op.update_index, op.updates_per_iteration);
}

void validate(const ExponentialMovingAverage& op) {
  require_element_types(op);
  require_scalar(op.kName, "iteration", op.iteration);
  require_present(op.kName, "source", op.source);
  require_operand(op.kName, "average", op.average, op.source.shape);
  require(op.decay >= 0 && op.decay <= 1, "{}: decay is from 0 to 1, got {}", op.kName, op.decay);
}

Cost cost(const Adam& op) {
  // weight decay 2, m 3, v 4, denominator 3 (square root, scale, epsilon), update 3.
  constexpr std::int64_t kFlopsPerParameter = 15;
  return {.flops = kFlopsPerParameter * op.parameter.count(), .bytes = operand_bytes(op)};
}

Cost cost(const ExponentialMovingAverage& op) { return {.flops = 3 * op.average.count(), .bytes = operand_bytes(op)}; }

}  // namespace gan
