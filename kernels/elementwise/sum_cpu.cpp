#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/parallel.h"
#include "kernels/elementwise/sum.h"

namespace gan {

void run(const Sum& op, CpuDevice& device) {
  dispatch_real(op.x.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    const Real alpha = static_cast<Real>(op.alpha), beta = static_cast<Real>(op.beta);
    const Real* const x = op.x.as<Real>();
    const Real* const y = op.y.as<Real>();
    Real* const z = op.z.as<Real>();
    parallel_for(op.x.count(), kElementGrain, device.threads(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) z[i] = alpha * x[i] + beta * y[i];
    });
  });
}

}  // namespace gan
