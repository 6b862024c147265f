#include "engine/run/measured_length.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include "engine/run/training_programs.h"
#include "engine/watch/measures.h"

namespace gan {

namespace {

/// The median of a program's times over `window` seconds of runs, three at least, after one that is not counted: what else
/// the machine does in these seconds it may not do for the rest of the run.
double seconds_of_program(Runtime& runtime, Runtime::ProgramId program, double window) {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t kFewest = 3;
  const auto run = [&] {
    const auto start = Clock::now();
    runtime.run(program);
    runtime.backend().synchronize();
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  run();
  std::vector<double> times;
  for (double total = 0; times.size() < kFewest || total < window; total += times.back()) times.push_back(run());
  return median(std::move(times));
}

}  // namespace

std::int64_t iterations_within(double budget, const std::function<double(std::int64_t)>& seconds_of) {
  constexpr std::int64_t kCounted = 100'000;
  double seconds = 0;
  for (std::int64_t iteration = 0; iteration < kCounted; ++iteration) {
    seconds += seconds_of(iteration);
    if (seconds > budget) return std::max<std::int64_t>(iteration, 1);
  }
  return static_cast<std::int64_t>(budget / seconds * static_cast<double>(kCounted));
}

std::int64_t iterations_within_minutes(const TrainingOptions& options, std::int64_t count, std::int64_t channels) {
  constexpr double kShare = 0.95, kShortest = 0.2, kLongest = 3;
  const double seconds = options.minutes * 60;
  TrainingPrograms programs(options, count, channels);
  const std::unique_ptr<Runtime> runtime = fitted_runtime(options, programs);
  runtime->run(kInitialization);
  std::map<Runtime::ProgramId, double> measured;
  return iterations_within(kShare * seconds, [&](std::int64_t iteration) {
    const Runtime::ProgramId program = programs.program_of(iteration);
    const auto [entry, is_new] = measured.try_emplace(program);
    if (is_new) entry->second = seconds_of_program(*runtime, program, std::clamp(seconds / 100, kShortest, kLongest));
    return entry->second;
  });
}

}  // namespace gan
