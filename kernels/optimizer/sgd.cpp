#include "kernels/optimizer/sgd.h"

#include "kernels/optimizer/check_update.h"

namespace gan {

void validate(const Sgd& op) {
  require_update(op);
  require(op.momentum >= 0 && op.momentum < 1, "{}: momentum is at least 0 and below 1, got {}", op.kName, op.momentum);
  if (op.momentum > 0) require_operand(op.kName, "momentum_buffer", op.momentum_buffer, op.gradient.shape);
  else require(!op.momentum_buffer.present(), "{}: momentum_buffer has no use without a momentum", op.kName);
}

Cost cost(const Sgd& op) {
  const std::int64_t flops_per_parameter = op.momentum > 0 ? 6 : 4;  // weight decay 2, buffer 2, update 2
  return {.flops = flops_per_parameter * op.parameter.count(), .bytes = operand_bytes(op)};
}

}  // namespace gan
