#include "kernels/elementwise/elementwise.h"

#include "kernels/elementwise/scalar_operand.h"

namespace gan {

void validate(const Fill& op) { require_real(op.kName, "y", op.y); }

void validate(const Copy& op) {
  require(op.x.present(), "{}: operand x is missing", op.kName);
  require_operand(op.kName, "y", op.y, op.x.shape, op.x.dtype);
}

void validate(const Axpy& op) {
  require_real(op.kName, "x", op.x);
  require_operand(op.kName, "y", op.y, op.x.shape, op.x.dtype);
}

void validate(const AdvanceCounter& op) { require_scalar(op.kName, "counter", op.counter, DType::U64); }

Cost cost(const Fill& op) { return {.flops = 0, .bytes = operand_bytes(op)}; }

Cost cost(const Copy& op) { return {.flops = 0, .bytes = operand_bytes(op)}; }

Cost cost(const Axpy& op) { return {.flops = 2 * op.x.count(), .bytes = operand_bytes(op)}; }

Cost cost(const AdvanceCounter& op) { return {.flops = 0, .bytes = operand_bytes(op)}; }

}  // namespace gan
