// What Adam and the moving average derive from the number of iterations done so far.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/core/cuda/host_device.h"

namespace gan {

/// base^exponent by repeated squaring: at most 2 log2(exponent) roundings, the same on the host and on the device.
GAN_HOST_DEVICE double integer_power(double base, std::uint64_t exponent) {
  double result = 1;
  for (double square = base; exponent != 0; exponent >>= 1, square *= square)
    if (exponent & 1) result *= square;
  return result;
}

/// The two bias corrections of Adam's update number `step` (from 1), as factors:
///   step_size = learning_rate / (1 - beta1^step),   inverse_root = 1 / sqrt(1 - beta2^step).
struct AdamScales {
  double step_size;
  double inverse_root;
};

/// The factors of update number `step`, at least 1.
GAN_HOST_DEVICE AdamScales adam_scales(double learning_rate, double beta1, double beta2, std::uint64_t step) {
  return {learning_rate / (1 - integer_power(beta1, step)), 1 / sqrt(1 - integer_power(beta2, step))};
}

/// 1 - min(decay, (1 + t) / (10 + t)) for t = iteration, written without the cancellation: max(1 - decay, 9 / (10 +
/// t)).
template <class Real>
GAN_HOST_DEVICE Real averaging_weight(Real one_minus_decay, std::uint64_t iteration) {
  const Real rising = Real(9) / (Real(10) + static_cast<Real>(iteration));
  return rising > one_minus_decay ? rising : one_minus_decay;
}

}  // namespace gan
