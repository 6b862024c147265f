#include "kernels/linear/linear.h"

#include "kernels/core/contract/check_operand.h"

namespace gan {

namespace {

/// The features of one sample: all axes of a (N, ...) tensor but the first.
Shape as_matrix(const char* instruction, const char* name, const Tensor& tensor, DType dtype) {
  require(tensor.present(), "{}: {} is missing", instruction, name);
  require(tensor.dtype == dtype, "{}: {} is {}, expected {}", instruction, name, name_of(tensor.dtype), name_of(dtype));
  require(tensor.shape.rank >= 1 && tensor.count() > 0, "{}: {} is {}, expected (rows, ...) with at least one element",
          instruction, name, to_string(tensor.shape));
  return {tensor.shape[0], tensor.count() / tensor.shape[0]};
}

/// x(N, in), w(out, in), y(N, out) belong together.
void require_product(const char* instruction, const Tensor& x, const Tensor& w, const Tensor& y, DType dtype) {
  const Shape in = as_matrix(instruction, "x or dx", x, dtype);
  const Shape filter = as_matrix(instruction, "w or dw", w, dtype);
  const Shape out = as_matrix(instruction, "y or dy", y, dtype);
  require(in[0] == out[0] && filter[0] == out[1] && filter[1] == in[1],
          "{}: x {}, w {} and y {} do not fit together, expected (N, in), (out, in) and (N, out)", instruction,
          to_string(x.shape), to_string(w.shape), to_string(y.shape));
}

std::int64_t flops(const Tensor& x, const Tensor& w) { return 2 * x.shape[0] * w.count(); }

}  // namespace

void validate(const LinearForward& op) {
  require_real(op.kName, "y", op.y);
  require_product(op.kName, op.x, op.w, op.y, op.y.dtype);
}

void validate(const LinearInputGradient& op) {
  require_real(op.kName, "dx", op.dx);
  require_product(op.kName, op.dx, op.w, op.dy, op.dx.dtype);
}

void validate(const LinearWeightGradient& op) {
  require_real(op.kName, "dw", op.dw);
  require_product(op.kName, op.x, op.dw, op.dy, op.dw.dtype);
}

Cost cost(const LinearForward& op) { return {.flops = flops(op.x, op.w), .bytes = operand_bytes(op)}; }
Cost cost(const LinearInputGradient& op) { return {.flops = flops(op.dx, op.w), .bytes = operand_bytes(op)}; }
Cost cost(const LinearWeightGradient& op) {
  if (op.mode == ParamGrad::Skip) return {};
  return {.flops = flops(op.x, op.dw), .bytes = operand_bytes(op)};
}

}  // namespace gan
