#include <algorithm>
#include <cstdint>

#include "kernels/core/contract/sample_rows.h"
#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/cpu_rows.h"
#include "kernels/elementwise/gather_rows.h"

namespace gan {

void run(const GatherRows& op, CpuDevice& device) {
  const SampleRows rows = sample_rows(op.y.shape);
  const auto* const indices = op.indices.as<std::int32_t>();
  dispatch_real(op.y.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    RowParts(rows.samples, rows.elements, device.threads()).for_each([&](auto, std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        std::copy_n(op.data.as<Real>() + indices[i] * rows.elements, rows.elements,
                    op.y.as<Real>() + i * rows.elements);
    });
  });
}

}  // namespace gan
