#include "kernels/linear/linear.h"

#include "kernels/core/contract/check_operand.h"

namespace gan {

namespace {

/// A tensor (rows, ...) as a matrix: all axes but the first are columns.
Shape as_matrix(const char* instruction, const char* name, const Tensor& tensor) {
  require_present(instruction, name, tensor);
  require(tensor.shape.rank >= 1 && tensor.count() > 0, "{}: {} is {}, expected (rows, ...) with at least one element",
          instruction, name, to_string(tensor.shape));
  return {tensor.shape[0], tensor.count() / tensor.shape[0]};
}

/// x(N, in), w(out, in), y(N, out) belong together.
void require_product(const char* instruction, const Tensor& x, const Tensor& w, const Tensor& y) {
  const Shape in = as_matrix(instruction, "x or dx", x);
  const Shape filter = as_matrix(instruction, "w or dw", w);
  const Shape out = as_matrix(instruction, "y or dy", y);
  require(in[0] == out[0] && filter[0] == out[1] && filter[1] == in[1],
          "{}: x {}, w {} and y {} do not fit together, expected (N, in), (out, in) and (N, out)", instruction,
          to_string(x.shape), to_string(w.shape), to_string(y.shape));
}

std::int64_t flops(const Tensor& x, const Tensor& w) { return 2 * x.shape[0] * w.count(); }

}  // namespace

void validate(const LinearFprop& op) {
  require_element_types(op);
  require_product(op.kName, op.x, op.w, op.y);
}

void validate(const LinearDgrad& op) {
  require_element_types(op);
  require_product(op.kName, op.dx, op.w, op.dy);
}

void validate(const LinearWgrad& op) {
  require_element_types(op);
  require_product(op.kName, op.x, op.dw, op.dy);
}

Cost cost(const LinearFprop& op) { return {.flops = flops(op.x, op.w), .bytes = operand_bytes(op)}; }
Cost cost(const LinearDgrad& op) { return {.flops = flops(op.dx, op.w), .bytes = operand_bytes(op)}; }
Cost cost(const LinearWgrad& op) {
  if (op.mode == ParamGrad::Skip) return {};
  return {.flops = flops(op.x, op.dw), .bytes = operand_bytes(op)};
}

}  // namespace gan
