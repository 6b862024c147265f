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
struct LinearFprop {
  static constexpr const char* kName = "linear fprop";
  Tensor x, w;
  Tensor y;

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read, Role::Activation);
    visit("w", self.w, Access::Read, Role::Weight);
    visit("y", self.y, Access::Write, Role::Activation);
  }
};

/// dx(N, in) = dy(N, out) w(out, in). With w seen as a filter (K, R, S, C) that covers its whole input, this is also
/// the transposed convolution that grows a latent vector into the base grid.
struct LinearDgrad {
  static constexpr const char* kName = "linear dgrad";
  Tensor dy, w;
  Tensor dx;

  static void operands(auto& self, auto&& visit) {
    visit("dy", self.dy, Access::Read, Role::Activation);
    visit("w", self.w, Access::Read, Role::Weight);
    visit("dx", self.dx, Access::Write, Role::Activation);
  }
};

/// dw(out, in) (=, +=) dy(N, out)^T x(N, in).
struct LinearWgrad {
  static constexpr const char* kName = "linear wgrad";
  Tensor x, dy;
  Tensor dw;
  ParamGrad mode = ParamGrad::Overwrite;

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read, Role::Activation);
    visit("dy", self.dy, Access::Read, Role::Activation);
    visit("dw", self.dw, access_of(self.mode), Role::ParameterGradient);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const LinearFprop&);
void validate(const LinearDgrad&);
void validate(const LinearWgrad&);
Cost cost(const LinearFprop&);
Cost cost(const LinearDgrad&);
Cost cost(const LinearWgrad&);
void run(const LinearFprop&, CpuDevice&);
void run(const LinearDgrad&, CpuDevice&);
void run(const LinearWgrad&, CpuDevice&);
void run(const LinearFprop&, CudaDevice&);
void run(const LinearDgrad&, CudaDevice&);
void run(const LinearWgrad&, CudaDevice&);

}  // namespace gan
