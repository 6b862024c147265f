// linear: y(N, out) = x(N, in) w(out, in)^T, its input gradient dx = dy w and its weight gradient dw (=, +=) dy^T x.
//
// Matrix products of the library (kernels/linear/gemm.h), on row-major operands as they lie.
// Traffic: at best each operand once. Launch: the library chooses. Determinism: the library's, the same bits for the same arguments.
#include "kernels/linear/linear.h"

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/launch.cuh"
#include "kernels/linear/gemm.h"

namespace gan {

void run(const LinearForward& op, CudaDevice& device) {
  const std::int64_t n = op.x.shape[0], in = op.x.count() / n, out = op.w.shape[0];
  gemm({.m = n,
        .n = out,
        .k = in,
        .a = op.x.as<const float>(),
        .lda = in,
        .transpose_a = false,
        .b = op.w.as<const float>(),
        .ldb = in,
        .transpose_b = true,
        .beta = 0,
        .c = op.y.as<float>(),
        .ldc = out},
       device);
}

void run(const LinearInputGradient& op, CudaDevice& device) {
  const std::int64_t n = op.dx.shape[0], in = op.dx.count() / n, out = op.w.shape[0];
  gemm({.m = n,
        .n = in,
        .k = out,
        .a = op.dy.as<const float>(),
        .lda = out,
        .transpose_a = false,
        .b = op.w.as<const float>(),
        .ldb = in,
        .transpose_b = false,
        .beta = 0,
        .c = op.dx.as<float>(),
        .ldc = in},
       device);
}

void run(const LinearWeightGradient& op, CudaDevice& device) {
  if (op.mode == ParamGrad::Skip) return;
  const std::int64_t n = op.x.shape[0], in = op.x.count() / n, out = op.dw.shape[0];
  gemm({.m = out,
        .n = in,
        .k = n,
        .a = op.dy.as<const float>(),
        .lda = out,
        .transpose_a = true,
        .b = op.x.as<const float>(),
        .ldb = in,
        .transpose_b = false,
        .beta = op.mode == ParamGrad::Accumulate ? 1.0f : 0.0f,
        .c = op.dw.as<float>(),
        .ldc = in},
       device);
}

}  // namespace gan
