#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/loss/relativistic.h"

namespace gan {

void run(const RelativisticLoss& op, CpuDevice&) {
  // In double whatever the operands are, on one thread: there is one pair of logits per image.
  dispatch_real(op.real.dtype, op.kName, [&](auto element) {
    using Real = decltype(element);
    const std::int64_t count = op.real.count();
    const Real* const real = op.real.as<Real>();
    const Real* const fake = op.fake.as<Real>();
    Real* const dreal = op.dreal.as<Real>();
    Real* const dfake = op.dfake.as<Real>();
    const double sign = op.sign, scale = 1.0 / static_cast<double>(count);
    double loss = 0, sigmoid_sum = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const double margin = sign * (static_cast<double>(real[i]) - fake[i]);
      const double e = std::exp(-std::abs(margin));  // in (0, 1]: nothing below can overflow
      const double doubt = (margin >= 0 ? e : 1) / (1 + e), sure = (margin >= 0 ? 1 : e) / (1 + e);
      loss += std::max(-margin, 0.0) + std::log1p(e);
      sigmoid_sum += sign > 0 ? sure : doubt;
      if (dreal != nullptr) dreal[i] = static_cast<Real>(-sign * scale * doubt);
      dfake[i] = static_cast<Real>(sign * scale * doubt);
    }
    *op.loss.as<Real>() = static_cast<Real>(scale * loss);
    *op.mean_sigmoid.as<Real>() = static_cast<Real>(scale * sigmoid_sum);
  });
}

}  // namespace gan
