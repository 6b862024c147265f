#include "kernels/elementwise/elementwise.h"

#include "kernels/core/contract/check_operand.h"

namespace gan {

void validate(const Fill& op) {
  require_element_types(op);
  require_present(op.kName, "y", op.y);
}

void validate(const Copy& op) {
  require_element_types(op);
  require_present(op.kName, "x", op.x);
  require_operand(op.kName, "y", op.y, op.x.shape);
  require(op.y.dtype == op.x.dtype, "{}: y is {}, expected {} as x", op.kName, name_of(op.y.dtype),
          name_of(op.x.dtype));
}

void validate(const AdvanceCounter& op) {
  require_element_types(op);
  require_scalar(op.kName, "counter", op.counter);
}

Cost cost(const Fill& op) { return {.flops = 0, .bytes = operand_bytes(op)}; }

Cost cost(const Copy& op) { return {.flops = 0, .bytes = operand_bytes(op)}; }

Cost cost(const AdvanceCounter& op) { return {.flops = 0, .bytes = operand_bytes(op)}; }

}  // namespace gan
