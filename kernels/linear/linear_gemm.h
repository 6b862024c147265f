// The linear instructions as matrix products: the same arguments for the CPU's library and for CUDA's.
#pragma once

#include "kernels/linear/gemm.h"
#include "kernels/linear/linear.h"

namespace gan {

/// y(N, out) = x(N, in) w(out, in)^T
inline GemmArguments product_of(const LinearFprop& op) {
  const std::int64_t n = op.x.shape[0], in = op.x.count() / n, out = op.w.shape[0];
  return {.m = n,
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
          .ldc = out};
}

/// dx(N, in) = dy(N, out) w(out, in)
inline GemmArguments product_of(const LinearDgrad& op) {
  const std::int64_t n = op.dx.shape[0], in = op.dx.count() / n, out = op.w.shape[0];
  return {.m = n,
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
          .ldc = in};
}

/// dw(out, in) (=, +=) dy(N, out)^T x(N, in)
inline GemmArguments product_of(const LinearWgrad& op) {
  const std::int64_t n = op.x.shape[0], in = op.x.count() / n, out = op.dw.shape[0];
  return {.m = out,
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
          .ldc = in};
}

}  // namespace gan
