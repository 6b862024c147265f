// Channels to pixels and back (Shi et al. 2016, "Real-time single image and video super-resolution using an efficient
// sub-pixel convolutional neural network", equation 4).
#pragma once

#include <cstdint>

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// With f the factor, in PyTorch's order of channels:
///   y[n, h f + i, w f + j, c] = x[n, h, w, c f f + i f + j],  i, j in [0, f)
/// or, `inverse`, the same equation with x and y in each other's place. A permutation: either is the other's adjoint.
struct PixelShuffle {
  static constexpr const char* kName = "pixel shuffle";
  std::int64_t factor = 2;  ///< at least 1
  bool inverse = false;
  Tensor x;  ///< (N, H, W, C f f); of the inverse (N, H f, W f, C)
  Tensor y;  ///< (N, H f, W f, C); of the inverse (N, H, W, C f f)

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read, Role::Activation);
    visit("y", self.y, Access::Write, Role::Activation);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const PixelShuffle&);
Cost cost(const PixelShuffle&);
void run(const PixelShuffle&, CpuDevice&);
void run(const PixelShuffle&, CudaDevice&);

}  // namespace gan
