// Nearest-neighbour upsampling and the sums over windows: each the adjoint of the other, so that the two serve forward,
// backward and double backward of upsampling and of every kind of average pooling.
#pragma once

#include <cstdint>

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// How many pixels of the larger image belong to one of the smaller.
struct Window {
  std::int64_t height = 2, width = 2;  ///< at least 1
};

/// y[n, p, q, c] = scale x[n, p / height, q / width, c], rounded down: every pixel becomes a window of copies.
/// Its backward is SumPool with the same window and scale.
struct Upsample {
  static constexpr const char* kName = "upsample";
  Window window;
  float scale = 1;  ///< 1 / (height width) makes it the backward of average pooling
  Tensor x;         ///< (N, H, W, C)
  Tensor y;         ///< (N, H height, W width, C)

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read, Role::Activation);
    visit("y", self.y, Access::Write, Role::Activation);
  }
};

/// y[n, p, q, c] = scale times the sum of x[n, h, w, c] over the window h / height = p, w / width = q. Windows lie side by
/// side and cover x. Its backward is Upsample with the same window and scale.
struct SumPool {
  static constexpr const char* kName = "sum pool";
  Window window;
  float scale = 1;  ///< 1 / (height width) makes it the average
  Tensor x;         ///< (N, P height, Q width, C)
  Tensor y;         ///< (N, P, Q, C)

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read, Role::Activation);
    visit("y", self.y, Access::Write, Role::Activation);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const Upsample&);
void validate(const SumPool&);
Cost cost(const Upsample&);
Cost cost(const SumPool&);
void run(const Upsample&, CpuDevice&);
void run(const SumPool&, CpuDevice&);
void run(const Upsample&, CudaDevice&);
void run(const SumPool&, CudaDevice&);

}  // namespace gan
