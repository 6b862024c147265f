#include "kernels/optimizer/finite_check.h"

#include "kernels/elementwise/scalar_operand.h"

namespace gan {

void validate(const FiniteCheck& op) {
  require_scalar(op.kName, "iteration", op.iteration, DType::U64);
  require_real(op.kName, "x", op.x);
  require_scalar(op.kName, "fault", op.fault, DType::U64);
}

Cost cost(const FiniteCheck& op) { return {.flops = 0, .bytes = operand_bytes(op)}; }

}  // namespace gan
