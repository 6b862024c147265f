#include "engine/run/measured_length.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "engine/run/training_programs.h"

namespace gan {

namespace {

/// Mean seconds of a program over a second of runs, three at least, after one that is not counted.
double seconds_of_program(Runtime& runtime, Runtime::ProgramId program) {
  constexpr double kEnough = 1;
  constexpr int kFewest = 3;
  const auto run = [&] {
    runtime.run(program);
    runtime.backend().synchronize();
  };
  run();
  const auto start = std::chrono::steady_clock::now();
  double seconds = 0;
  int runs = 0;
  while (runs < kFewest || seconds < kEnough) {
    run();
    ++runs;
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  return seconds / runs;
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
  constexpr double kShare = 0.95, kSecondsAMinute = 60;
  TrainingPrograms programs(options, count, channels);
  const std::unique_ptr<Runtime> runtime = fitted_runtime(options, programs);
  runtime->run(kInitialization);
  std::map<Runtime::ProgramId, double> measured;
  return iterations_within(kShare * kSecondsAMinute * options.minutes, [&](std::int64_t iteration) {
    const Runtime::ProgramId program = programs.program_of(iteration);
    const auto [entry, is_new] = measured.try_emplace(program);
    if (is_new) entry->second = seconds_of_program(*runtime, program);
    return entry->second;
  });
}

}  // namespace gan
