#include <cstdint>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/parallel.h"
#include "kernels/optimizer/clip.h"

namespace gan {

void run(const Clip& op, CpuDevice& device) {
  if (op.fault.present() && *op.fault.as<std::uint64_t>() != 0) return;
  dispatch_real(op.parameter.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    const Real limit = op.limit;
    Real* const parameter = op.parameter.as<Real>();
    parallel_for(op.parameter.count(), kElementGrain, device.threads(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {  // comparisons with NaN are false: it stays
        const Real p = parameter[i];
        parameter[i] = p > limit ? limit : p < -limit ? -limit : p;
      }
    });
  });
}

}  // namespace gan
