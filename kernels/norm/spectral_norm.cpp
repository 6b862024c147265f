#include "kernels/norm/spectral_norm.h"

#include "kernels/core/contract/check_operand.h"
#include "kernels/norm/spectral_norm_blocks.h"

namespace gan {

namespace {

/// Checks the matrix and what both instructions have beside it.
template <class Op>
void check_matrix(const Op& op, const char* operand, const Tensor& matrix) {
  constexpr std::int64_t kMostElements = 0x7fffffff;
  require_present(op.kName, operand, matrix);
  require(matrix.shape.rank == 2 && matrix.count() >= 1 && matrix.count() <= kMostElements,
          "{}: {} has shape {}, expected a matrix (rows, columns) of 1 to 2^31 - 1 elements", op.kName, operand,
          to_string(matrix.shape));
  require_operand(op.kName, "u", op.u, {matrix.shape[0]});
  require_operand(op.kName, "v", op.v, {matrix.shape[1]});
  require_scalar(op.kName, "sigma", op.sigma);
}

}  // namespace

std::int64_t SpectralNorm::workspace_count(std::int64_t rows, std::int64_t columns) {
  return SpectralNormWorkspace(rows, columns).count;
}

std::int64_t SpectralNormGradient::workspace_count(std::int64_t elements) { return inner_product_blocks(elements); }

void validate(const SpectralNorm& op) {
  require_element_types(op);
  check_matrix(op, "weight", op.weight);
  require_operand(op.kName, "normalized", op.normalized, op.weight.shape);
  require(op.epsilon > 0, "{}: epsilon is positive, got {}", op.kName, op.epsilon);
  require_workspace(op.kName, op.workspace, SpectralNorm::workspace_count(op.weight.shape[0], op.weight.shape[1]));
}

void validate(const SpectralNormGradient& op) {
  require_element_types(op);
  check_matrix(op, "normalized", op.normalized);
  require_operand(op.kName, "gradient", op.gradient, op.normalized.shape);
  require_workspace(op.kName, op.workspace, SpectralNormGradient::workspace_count(op.normalized.count()));
}

// An element: a multiply-add in each product, and the division. A component of u or v: square, add, division.
Cost cost(const SpectralNorm& op) {
  return {.flops = 5 * op.weight.count() + 3 * (op.u.count() + op.v.count()), .bytes = operand_bytes(op)};
}

// An element: a multiply-add of the inner product; two products, a difference and a division.
Cost cost(const SpectralNormGradient& op) { return {.flops = 6 * op.gradient.count(), .bytes = operand_bytes(op)}; }

}  // namespace gan
