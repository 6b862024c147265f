#include "kernels/elementwise/interpolate.h"

#include "kernels/core/contract/check_operand.h"

namespace gan {

void validate(const Interpolate& op) {
  require_element_types(op);
  require_present(op.kName, "a", op.a);
  require(op.a.shape.rank >= 1, "{}: a has shape {}, expected (N, ...)", op.kName, to_string(op.a.shape));
  require_operand(op.kName, "t", op.t, {op.a.shape[0]});
  require_operand(op.kName, "b", op.b, op.a.shape);
  require_operand(op.kName, "y", op.y, op.a.shape);
}

Cost cost(const Interpolate& op) {
  return {.flops = 3 * op.a.count() + op.t.count(), .bytes = operand_bytes(op)};  // two products and a sum; 1 - t
}

}  // namespace gan
