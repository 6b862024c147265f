#include "kernels/optimizer/finite_check.h"

#include "kernels/core/contract/check_operand.h"

namespace gan {

void validate(const FiniteCheck& op) {
  require_element_types(op);
  require_scalar(op.kName, "iteration", op.iteration);
  require_present(op.kName, "x", op.x);
  require_scalar(op.kName, "fault", op.fault);
}

Cost cost(const FiniteCheck& op) { return {.flops = 0, .bytes = operand_bytes(op)}; }

}  // namespace gan
