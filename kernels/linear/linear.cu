// linear: y(N, out) = x(N, in) w(out, in)^T, its input gradient dx = dy w and its weight gradient dw (=, +=) dy^T x.
//
// Matrix products of the library (kernels/linear/gemm.h), on row-major operands as they lie.
// Traffic: at best each operand once. Launch: the library chooses. Determinism: the library's, the same bits for the same arguments.
#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/storage.cuh"
#include "kernels/linear/linear_gemm.h"

namespace gan {

// gemm() is fp32: another storage type would need a product of its own, and does not get past with_storage() until then.

void run(const LinearFprop& op, CudaDevice& device) {
  with_storage(op.kName, op.y.dtype, [&](float) { gemm(product_of(op), device); });
}

void run(const LinearDgrad& op, CudaDevice& device) {
  with_storage(op.kName, op.dx.dtype, [&](float) { gemm(product_of(op), device); });
}

void run(const LinearWgrad& op, CudaDevice& device) {
  if (op.mode == ParamGrad::Skip) return;
  with_storage(op.kName, op.dy.dtype, [&](float) { gemm(product_of(op), device); });
}

}  // namespace gan
