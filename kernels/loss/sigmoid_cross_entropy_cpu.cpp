#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/loss/sigmoid_cross_entropy.h"

namespace gan {

void run(const SigmoidCrossEntropy& op, CpuDevice&) {
  // In double whatever the operands are, on one thread: there is one logit per image.
  dispatch_real(op.logits.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    const std::int64_t count = op.logits.count();
    const Real* const logits = op.logits.as<Real>();
    Real* const dlogits = op.dlogits.as<Real>();
    const double target = op.target;
    const double scale = static_cast<double>(op.weight) / static_cast<double>(count);
    double loss = 0, sigmoid_sum = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const double z = logits[i];
      const double e = std::exp(-std::abs(z));  // in (0, 1]: nothing below can overflow
      const double sigmoid = (z >= 0 ? 1 : e) / (1 + e);
      loss += std::max(z, 0.0) - target * z + std::log1p(e);
      sigmoid_sum += sigmoid;
      dlogits[i] = static_cast<Real>(scale * (sigmoid - target));
    }
    *op.loss.as<Real>() = static_cast<Real>(scale * loss);
    *op.mean_sigmoid.as<Real>() = static_cast<Real>(sigmoid_sum / static_cast<double>(count));
  });
}

}  // namespace gan
