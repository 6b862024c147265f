#include <cstdint>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/loss/hinge.h"

namespace gan {

void run(const HingeLoss& op, CpuDevice&) {
  // In double whatever the operands are, on one thread: there is one logit per image.
  dispatch_real(op.logits.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    const std::int64_t count = op.logits.count();
    const Real* const logits = op.logits.as<Real>();
    Real* const dlogits = op.dlogits.as<Real>();
    const double label = op.label, scale = 1.0 / static_cast<double>(count);
    double short_of_margin = 0, sum = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const double distance = 1 - label * logits[i];
      const bool beyond = distance <= 0;  // false for NaN, which so reaches the loss
      if (!beyond) short_of_margin += distance;
      sum += logits[i];
      dlogits[i] = static_cast<Real>(beyond ? 0 : -label * scale);
    }
    *op.loss.as<Real>() = static_cast<Real>(scale * short_of_margin);
    *op.mean_logit.as<Real>() = static_cast<Real>(scale * sum);
  });
}

}  // namespace gan
