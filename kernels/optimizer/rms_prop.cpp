#include "kernels/optimizer/rms_prop.h"

#include <cmath>

#include "kernels/core/contract/check_operand.h"

namespace gan {

void validate(const RmsProp& op) {
  require_element_types(op);
  if (op.fault.present()) require_scalar(op.kName, "fault", op.fault);
  require_present(op.kName, "gradient", op.gradient);
  require_operand(op.kName, "parameter", op.parameter, op.gradient.shape);
  require_operand(op.kName, "square_average", op.square_average, op.gradient.shape);
  require(std::isfinite(op.learning_rate), "{}: learning_rate is finite, got {}", op.kName, op.learning_rate);
  require(op.alpha >= 0 && op.alpha < 1, "{}: alpha is at least 0 and below 1, got {}", op.kName, op.alpha);
  require(op.epsilon >= 0 && std::isfinite(op.epsilon), "{}: epsilon is finite and not negative, got {}", op.kName,
          op.epsilon);
  require(std::isfinite(op.weight_decay), "{}: weight_decay is finite, got {}", op.kName, op.weight_decay);
}

Cost cost(const RmsProp& op) {
  // weight decay 2, average 4, denominator 2 (square root, epsilon), update 3.
  constexpr std::int64_t kFlopsPerParameter = 11;
  return {.flops = kFlopsPerParameter * op.parameter.count(), .bytes = operand_bytes(op)};
}

}  // namespace gan
