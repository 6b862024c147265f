// The weighted sum of two tensors: the end of a residual block, gradients of a value that is used twice.
#pragma once

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// z = alpha x + beta y. Its backward is dx = alpha dz, dy = beta dz.
struct Sum {
  static constexpr const char* kName = "sum";
  Tensor x, y;  ///< any shape, the same for all
  Tensor z;     ///< may be x or y itself
  float alpha = 1, beta = 1;

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read);
    visit("y", self.y, Access::Read);
    visit("z", self.z, Access::Write);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const Sum&);
Cost cost(const Sum&);
void run(const Sum&, CpuDevice&);
void run(const Sum&, CudaDevice&);

}  // namespace gan
