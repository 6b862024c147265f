#include <cstdint>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/loss/least_squares.h"

namespace gan {

void run(const LeastSquaresLoss& op, CpuDevice&) {
  // In double whatever the operands are, on one thread: there is one logit per image.
  dispatch_real(op.logits.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    const std::int64_t count = op.logits.count();
    const Real* const logits = op.logits.as<Real>();
    Real* const dlogits = op.dlogits.as<Real>();
    const double target = op.target, scale = 1.0 / static_cast<double>(count);
    double squares = 0, sum = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const double distance = logits[i] - target;
      squares += distance * distance;
      sum += logits[i];
      dlogits[i] = static_cast<Real>(scale * distance);
    }
    *op.loss.as<Real>() = static_cast<Real>(scale * squares / 2);
    *op.mean_logit.as<Real>() = static_cast<Real>(scale * sum);
  });
}

}  // namespace gan
