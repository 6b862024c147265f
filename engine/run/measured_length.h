// How many iterations fit into a time: for runs that must know their length before they start.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/settings/options.h"

namespace gan {

/// The most iterations, at least 1, that take no more than `budget` seconds together, where number i (from 0) takes
/// `seconds_of(i)`. Exact up to 100,000 iterations; of more, the mean of the first 100,000 is taken for all.
std::int64_t iterations_within(double budget, const std::function<double(std::int64_t)>& seconds_of);

/// Runs iterations of each kind that a run with these options has, on a data set of `count` black images (points at 0) with
/// `channels`, and says how many fit into 19 twentieths of `options.minutes`: the rest is left to samples, checkpoints and
/// looks. Takes a hundredth of that time for each kind, 0.2 to 3 s. Throws what fitted_runtime() throws.
std::int64_t iterations_within_minutes(const TrainingOptions& options, std::int64_t count, std::int64_t channels);

}  // namespace gan
