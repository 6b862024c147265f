// Loops over the CPU's threads. OpenMP is the only thread pool in the process (oneDNN uses the same one).
#pragma once

#include <cstdint>

namespace gan {

/// How many elements are worth a thread where each costs a few operations.
inline constexpr std::int64_t kElementGrain = 16384;

/// Calls `body(begin, end)` on disjoint ranges that cover [0, count), on up to `threads` threads. Ranges are split at
/// multiples of `grain`, and depend on nothing but the arguments: a body that sums within its range stays reproducible
/// for a given number of threads, one that does not is reproducible for any.
template <class Body>
void parallel_for(std::int64_t count, std::int64_t grain, int threads, const Body& body) {
  const std::int64_t grains = (count + grain - 1) / grain;
  const std::int64_t parts = grains < threads ? grains : threads;
  if (parts <= 1) {
    if (count > 0) body(std::int64_t{0}, count);
    return;
  }
#if defined(_OPENMP)
#pragma omp parallel for num_threads(static_cast <int>(parts)) schedule(static, 1)
#endif
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::int64_t begin = grains * part / parts * grain;
    const std::int64_t end = grains * (part + 1) / parts * grain;
    body(begin, end < count ? end : count);
  }
}

}  // namespace gan
