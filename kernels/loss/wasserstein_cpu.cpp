#include <algorithm>
#include <cstdint>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/loss/wasserstein.h"

namespace gan {

void run(const WassersteinLoss& op, CpuDevice&) {
  // In double whatever the operands are, on one thread: there is one logit per image.
  dispatch_real(op.logits.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    const std::int64_t count = op.logits.count();
    const Real* const logits = op.logits.as<Real>();
    const double scale = static_cast<double>(op.weight) / static_cast<double>(count);
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += logits[i];
    std::fill_n(op.dlogits.as<Real>(), count, static_cast<Real>(scale));
    *op.loss.as<Real>() = static_cast<Real>(scale * sum);
  });
}

}  // namespace gan
