// Batch assembly: the data set lies on the device as bytes; one kernel gathers, scales and flips.
#pragma once

#include <cstdint>

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"
#include "kernels/random/random.h"

namespace gan {

/// y[i] = data[indices[i]] / 127.5 - 1, for i < B. With `flip`, image i is mirrored left to right when the Philox word
/// of element i of `stream` is odd.
struct AssembleBatch {
  static constexpr const char* kName = "assemble batch";
  Tensor iteration;  ///< U64 scalar
  Tensor data;       ///< U8 (count, H, W, C)
  Tensor indices;    ///< I32 (B), each in [0, count)
  Tensor y;          ///< (B, H, W, C), in [-1, 1]
  RandomStream stream;
  bool flip = false;

  static void operands(auto& self, auto&& visit) {
    visit("iteration", self.iteration, Access::Read, Role::Counter);
    visit("data", self.data, Access::Read, Role::Pixels);
    visit("indices", self.indices, Access::Read, Role::Index);
    visit("y", self.y, Access::Write, Role::Activation);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const AssembleBatch&);
Cost cost(const AssembleBatch&);
void run(const AssembleBatch&, CpuDevice&);
void run(const AssembleBatch&, CudaDevice&);

}  // namespace gan
