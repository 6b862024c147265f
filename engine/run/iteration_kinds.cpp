#include "engine/run/iteration_kinds.h"

#include <algorithm>
#include <cmath>

namespace gan {

IterationKinds::IterationKinds(const TrainingOptions& o)
    : d_steps_(o.d_steps),
      early_d_steps_(o.d_steps_early > 0 ? o.d_steps_early : o.d_steps),
      early_iterations_(o.early_iterations),
      penalised_(o.r1 > 0 || o.r2 > 0),
      penalty_every_(o.penalty_every) {}

IterationKind IterationKinds::of(std::int64_t iteration) const {
  const bool early = iteration < early_iterations_ || iteration % kEarlyAgainEvery == 0;
  return {.early = d_steps_vary() && early, .penalised = penalised_ && (iteration + 1) % penalty_every_ == 0};
}

std::int64_t IterationKinds::updates_before(std::int64_t iterations) const {
  const std::int64_t first = std::min(iterations, early_iterations_);
  const auto multiples_below = [](std::int64_t end) { return (end + kEarlyAgainEvery - 1) / kEarlyAgainEvery; };
  const std::int64_t early = first + multiples_below(iterations) - multiples_below(first);
  return iterations * d_steps_ + early * (early_d_steps_ - d_steps_);
}

std::int64_t IterationKinds::iterations_with(double updates) const {
  std::int64_t low = 0, high = static_cast<std::int64_t>(std::ceil(updates));  // each iteration has one at least
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (static_cast<double>(updates_before(middle)) >= updates) high = middle;
    else low = middle + 1;
  }
  return low;
}

}  // namespace gan
