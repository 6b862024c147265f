// Bias: add, and its gradient. The channel is the last axis.
#pragma once

#include <cstdint>

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// y(..., C) = x(..., C) + bias(C).
struct BiasAdd {
  static constexpr const char* kName = "bias add";
  Tensor x, bias;
  Tensor y;

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read, Role::Activation);
    visit("bias", self.bias, Access::Read, Role::Parameter);
    visit("y", self.y, Access::Write, Role::Activation);
  }
};

/// dbias(C) (=, +=) the sum of dy(rows, C) over its rows, in a fixed order.
struct BiasGradient {
  static constexpr const char* kName = "bias grad";
  Tensor dy;
  Tensor dbias;
  Tensor workspace;  ///< F32, workspace_count(rows, C) elements
  ParamGrad mode = ParamGrad::Overwrite;

  /// Floats that the CUDA kernel's partial sums take.
  static std::int64_t workspace_count(std::int64_t rows, std::int64_t channels);

  static void operands(auto& self, auto&& visit) {
    visit("dy", self.dy, Access::Read, Role::Activation);
    visit("dbias", self.dbias, access_of(self.mode), Role::ParameterGradient);
    visit("workspace", self.workspace, Access::Scratch, Role::Workspace);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const BiasAdd&);
void validate(const BiasGradient&);
Cost cost(const BiasAdd&);
Cost cost(const BiasGradient&);
void run(const BiasAdd&, CpuDevice&);
void run(const BiasGradient&, CpuDevice&);
void run(const BiasAdd&, CudaDevice&);
void run(const BiasGradient&, CudaDevice&);

}  // namespace gan
