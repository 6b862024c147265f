#include <cstdint>

#include "kernels/core/contract/sample_rows.h"
#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/cpu_rows.h"
#include "kernels/elementwise/interpolate.h"

namespace gan {

void run(const Interpolate& op, CpuDevice& device) {
  const SampleRows rows = sample_rows(op.a.shape);
  dispatch_real(op.a.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    RowParts(rows.samples, rows.elements, device.threads()).for_each([&](auto, std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n) {
        const Real t = op.t.as<Real>()[n], rest = 1 - t;
        const Real* const a = op.a.as<Real>() + n * rows.elements;
        const Real* const b = op.b.as<Real>() + n * rows.elements;
        Real* const y = op.y.as<Real>() + n * rows.elements;
        for (std::int64_t i = 0; i < rows.elements; ++i) y[i] = t * a[i] + rest * b[i];
      }
    });
  });
}

}  // namespace gan
