#include "kernels/optimizer/clip.h"

#include <cmath>

#include "kernels/core/contract/check_operand.h"

namespace gan {

void validate(const Clip& op) {
  require_element_types(op);
  if (op.fault.present()) require_scalar(op.kName, "fault", op.fault);
  require_present(op.kName, "parameter", op.parameter);
  require(op.limit > 0 && std::isfinite(op.limit), "{}: limit is finite and above 0, got {}", op.kName, op.limit);
}

Cost cost(const Clip& op) { return {.flops = 2 * op.parameter.count(), .bytes = operand_bytes(op)}; }

}  // namespace gan
