#include "kernels/optimizer/rms_prop.h"

#include "kernels/optimizer/check_update.h"

namespace gan {

void validate(const RmsProp& op) {
  require_update(op);
  require_operand(op.kName, "square_average", op.square_average, op.gradient.shape);
  require(op.alpha >= 0 && op.alpha < 1, "{}: alpha is at least 0 and below 1, got {}", op.kName, op.alpha);
  require(op.epsilon >= 0 && std::isfinite(op.epsilon), "{}: epsilon is finite and not negative, got {}", op.kName,
          op.epsilon);
}

Cost cost(const RmsProp& op) {
  // weight decay 2, average 4, denominator 2 (square root, epsilon), update 3.
  constexpr std::int64_t kFlopsPerParameter = 11;
  return {.flops = kFlopsPerParameter * op.parameter.count(), .bytes = operand_bytes(op)};
}

}  // namespace gan
