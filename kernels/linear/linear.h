// The linear layer: forward, input gradient, weight gradient. Library matrix products: oneDNN on the CPU, cuBLAS on
// CUDA.
#pragma once

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// y(N, out) = x(N, in) w(out, in)^T.  2 N in out FLOPs.
/// Operands may have any rank: x and y are seen as (N, rest), N being their first extent; w as (out, in).
struct LinearForward {
  static constexpr const char* kName = "linear fprop";
  Tensor x, w;
  Tensor y;

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read);
    visit("w", self.w, Access::Read);
    visit("y", self.y, Access::Write);
  }
};

/// dx(N, in) = dy(N, out) w(out, in). With w seen as a filter (K, R, S, C) that covers its whole input, this is also
/// the transposed convolution that grows a latent vector into the base grid.
struct LinearInputGradient {
  static constexpr const char* kName = "linear dgrad";
  Tensor dy, w;
  Tensor dx;

  static void operands(auto& self, auto&& visit) {
    visit("dy", self.dy, Access::Read);
    visit("w", self.w, Access::Read);
    visit("dx", self.dx, Access::Write);
  }
};

/// dw(out, in) (=, +=) dy(N, out)^T x(N, in).
struct LinearWeightGradient {
  static constexpr const char* kName = "linear wgrad";
  Tensor x, dy;
  Tensor dw;
  ParamGrad mode = ParamGrad::Overwrite;

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read);
    visit("dy", self.dy, Access::Read);
    visit("dw", self.dw, access_of(self.mode));
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const LinearForward&);
void validate(const LinearInputGradient&);
void validate(const LinearWeightGradient&);
Cost cost(const LinearForward&);
Cost cost(const LinearInputGradient&);
Cost cost(const LinearWeightGradient&);
void run(const LinearForward&, CpuDevice&);
void run(const LinearInputGradient&, CpuDevice&);
void run(const LinearWeightGradient&, CpuDevice&);
void run(const LinearForward&, CudaDevice&);
void run(const LinearInputGradient&, CudaDevice&);
void run(const LinearWeightGradient&, CudaDevice&);

}  // namespace gan
