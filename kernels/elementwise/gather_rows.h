// Batches of points: rows of a data set of real numbers.
#pragma once

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// y[i, ...] = data[indices[i], ...], for i < B: what AssembleBatch is for images, without scaling.
struct GatherRows {
  static constexpr const char* kName = "gather rows";
  Tensor data;     ///< (count, ...)
  Tensor indices;  ///< I32 (B), each in [0, count)
  Tensor y;        ///< (B, ...)

  static void operands(auto& self, auto&& visit) {
    visit("data", self.data, Access::Read, Role::Value);
    visit("indices", self.indices, Access::Read, Role::Index);
    visit("y", self.y, Access::Write, Role::Activation);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const GatherRows&);
Cost cost(const GatherRows&);
void run(const GatherRows&, CpuDevice&);
void run(const GatherRows&, CudaDevice&);

}  // namespace gan
