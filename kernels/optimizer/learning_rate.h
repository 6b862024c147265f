// How a learning rate falls over a run.
#pragma once

#include <cstdint>

#include "kernels/core/cuda/host_device.h"

namespace gan {

/// sin(pi x / 2) for x in [0, 1]: the power series as far as double precision goes (the first term left out is below
/// 1e-18 of the first). The same operations on the host and on the device, of which none comes from a library.
GAN_HOST_DEVICE double sine_of_quarter_turn(double x) {
  constexpr double kQuarterTurn = 1.5707963267948966;
  const double angle = kQuarterTurn * x, square = angle * angle;
  double series = 1;
  for (int term = 22; term > 0; term -= 2) series = 1 - series * square / (term * (term + 1));
  return angle * series;
}

/// The factor of the learning rate in each iteration. With T = iterations and t of them done, all updates of an iteration
/// have the factor
///   Constant: 1
///   Linear:   1 - t / T                      (torch.optim.lr_scheduler.LambdaLR of that)
///   Cosine:   (1 + cos(pi t / T)) / 2        (Loshchilov & Hutter 2017, equation 5, with a rate of 0 at the end, without
///                                             restarts; torch.optim.lr_scheduler.CosineAnnealingLR)
/// and 0 from t = T on. It follows from the iteration counter in memory, so that a recorded program can be replayed and a
/// run be resumed without a host that remembers rates.
struct LearningRateSchedule {
  enum class Kind { Constant, Linear, Cosine };
  Kind kind = Kind::Constant;
  std::uint64_t iterations = 0;  ///< of the whole run, at least 1; Constant does not ask

  GAN_HOST_DEVICE double factor(std::uint64_t done) const {
    if (kind == Kind::Constant) return 1;
    const double left =
        done < iterations ? static_cast<double>(iterations - done) / static_cast<double>(iterations) : 0;
    if (kind == Kind::Linear) return left;
    const double root = sine_of_quarter_turn(left);  // (1 + cos(pi - a)) / 2 = sin^2(a / 2), exact near 0
    return root * root;
  }
};

}  // namespace gan
