// Looks for numbers that are not finite before an optimiser spreads them.
#pragma once

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// If any element of x is NaN or infinite and `fault` is still 0: fault = iteration + 1. A set fault stays. An
/// optimiser that is given `fault` then leaves everything as it is, so that the state before the fault can be looked
/// into.
struct FiniteCheck {
  static constexpr const char* kName = "finite check";
  Tensor iteration;  ///< U64 scalar
  Tensor x;          ///< any shape
  Tensor fault;      ///< U64 scalar

  static void operands(auto& self, auto&& visit) {
    visit("iteration", self.iteration, Access::Read, Role::Counter);
    visit("x", self.x, Access::Read, Role::Value);
    visit("fault", self.fault, Access::ReadWrite, Role::Counter);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const FiniteCheck&);
Cost cost(const FiniteCheck&);
void run(const FiniteCheck&, CpuDevice&);
void run(const FiniteCheck&, CudaDevice&);

}  // namespace gan
