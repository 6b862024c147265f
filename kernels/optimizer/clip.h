// Weight clipping: all parameters of a network are kept in a box, in one launch.
#pragma once

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// Arjovsky et al. 2017, Algorithm 1, line 7, w <- clip(w, -c, c) with c = limit:
///   parameter = min(max(parameter, -limit), limit).
/// NaN stays NaN, so that a diverged run is seen. Where `fault` is present and not 0 (see FiniteCheck), nothing is
/// changed.
struct Clip {
  static constexpr const char* kName = "clip";
  Tensor fault;      ///< U64 scalar, optional
  Tensor parameter;  ///< any shape
  float limit = 0.01f;

  static void operands(auto& self, auto&& visit) {
    visit("fault", self.fault, Access::Read, Role::Counter);
    visit("parameter", self.parameter, Access::ReadWrite, Role::Parameter);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const Clip&);
Cost cost(const Clip&);
void run(const Clip&, CpuDevice&);
void run(const Clip&, CudaDevice&);

}  // namespace gan
