// Points between two batches, one ratio a sample: where a gradient penalty looks at the critic.
#pragma once

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// y[n, ...] = t[n] a[n, ...] + (1 - t[n]) b[n, ...].
/// Gulrajani et al. 2017, Algorithm 1, line 7: a real, b fake, t ~ U[0, 1), one a sample and fresh in every critic step.
struct Interpolate {
  static constexpr const char* kName = "interpolate";
  Tensor t;  ///< (N)
  Tensor a;  ///< (N, ...)
  Tensor b;  ///< as a
  Tensor y;  ///< as a; may be a or b itself

  static void operands(auto& self, auto&& visit) {
    visit("t", self.t, Access::Read, Role::Value);
    visit("a", self.a, Access::Read, Role::Activation);
    visit("b", self.b, Access::Read, Role::Activation);
    visit("y", self.y, Access::Write, Role::Activation);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const Interpolate&);
Cost cost(const Interpolate&);
void run(const Interpolate&, CpuDevice&);
void run(const Interpolate&, CudaDevice&);

}  // namespace gan
