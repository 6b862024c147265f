// What the gradient penalty derives from one norm, on the host and on the device.
#pragma once

#include "kernels/core/cuda/host_device.h"

namespace gan {

/// The settings of a gradient penalty, in the precision it is computed in.
template <class Real>
struct NormDeviation {
  Real target;
  bool one_sided;

  /// norm - target, or 0 where only the other side counts. NaN stays NaN.
  GAN_HOST_DEVICE Real of(Real norm) const {
    const Real deviation = norm - target;
    return one_sided && deviation < 0 ? Real(0) : deviation;
  }

  /// Half the derivative of the deviation's square by the gradient g, as a factor of g: deviation / norm, 0 at 0.
  GAN_HOST_DEVICE Real per_norm(Real norm) const { return norm == 0 ? Real(0) : of(norm) / norm; }
};

}  // namespace gan
