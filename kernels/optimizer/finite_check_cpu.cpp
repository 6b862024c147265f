#include <atomic>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/parallel.h"
#include "kernels/optimizer/finite_check.h"

namespace gan {

namespace {

constexpr std::int64_t kGrain = 65536;

/// x - x is 0 for every finite x and NaN for all others, and a sum keeps a NaN: no branch in the loop. Several sums,
/// because one would wait for itself.
template <class Real>
bool all_finite(const Real* x, std::int64_t count) {
  constexpr std::int64_t kLanes = 16;
  Real sum[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane) sum[lane] += x[i + lane] - x[i + lane];
  for (; i < count; ++i) sum[0] += x[i] - x[i];
  Real total = 0;
  for (const Real s : sum) total += s;
  return total == 0;
}

}  // namespace

void run(const FiniteCheck& op, CpuDevice& device) {
  std::atomic<bool> finite = true;
  dispatch_real(op.x.dtype, op.kName, [&](auto real) {
    using Real = decltype(real);
    parallel_for(op.x.count(), kGrain, device.threads(), [&](std::int64_t begin, std::int64_t end) {
      if (!all_finite(op.x.as<Real>() + begin, end - begin)) finite = false;
    });
  });
  std::uint64_t& fault = *op.fault.as<std::uint64_t>();
  if (!finite && fault == 0) fault = *op.iteration.as<std::uint64_t>() + 1;
}

}  // namespace gan
