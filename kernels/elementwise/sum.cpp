#include "kernels/elementwise/sum.h"

#include "kernels/core/contract/check_operand.h"

namespace gan {

void validate(const Sum& op) {
  require_real(op.kName, "x", op.x);
  require_operand(op.kName, "y", op.y, op.x.shape, op.x.dtype);
  require_operand(op.kName, "z", op.z, op.x.shape, op.x.dtype);
}

Cost cost(const Sum& op) { return {.flops = 3 * op.x.count(), .bytes = operand_bytes(op)}; }

}  // namespace gan
