#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/parallel.h"
#include "kernels/elementwise/elementwise.h"

namespace gan {

void run(const Fill& op, CpuDevice& device) {
  dispatch_real(op.y.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    Real* const y = op.y.as<Real>();
    parallel_for(op.y.count(), kElementGrain, device.threads(), [&](std::int64_t begin, std::int64_t end) {
      std::fill(y + begin, y + end, static_cast<Real>(op.value));
    });
  });
}

void run(const Copy& op, CpuDevice& device) {
  const std::byte* const x = op.x.as<std::byte>();
  std::byte* const y = op.y.as<std::byte>();
  parallel_for(static_cast<std::int64_t>(op.x.bytes()), kElementGrain * 4, device.threads(),
               [&](std::int64_t begin, std::int64_t end) {
                 std::memcpy(y + begin, x + begin, static_cast<std::size_t>(end - begin));
               });
}

void run(const AdvanceCounter& op, CpuDevice&) { *op.counter.as<std::uint64_t>() += op.by; }

}  // namespace gan
