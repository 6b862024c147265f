// What a training run consists of, built from its options, before any memory is allocated.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/algorithm/algorithm.h"
#include "engine/data/dataset.h"
#include "engine/device/runtime.h"
#include "engine/run/iteration_kinds.h"
#include "engine/settings/options.h"

namespace gan {

/// A run's programs, in the order they are bound. Iterations of another kind than the usual one follow.
enum TrainingProgram : Runtime::ProgramId {
  kInitialization,
  kIteration,
  kSampling,
  kCalibration,
  kWatching,
  kOtherIterations
};

/// The players, the place of the data, and the programs of a run: enough to print schedule and plan.
struct TrainingPrograms {
  /// `count`: images in the data set; `channels`: theirs.
  TrainingPrograms(const TrainingOptions& options, std::int64_t count, std::int64_t channels);
  TrainingPrograms(const TrainingPrograms&) = delete;  // players and programs refer to the table
  TrainingPrograms& operator=(const TrainingPrograms&) = delete;

  StorageTable table;
  std::unique_ptr<Objective> objective;
  Players players;
  Tensor dataset;  ///< U8 (count, H, W, C), or points F32 (count, 1, 1, D): those to train on, then those held out
  std::int64_t held_out = 0;
  IterationKinds kinds;
  std::vector<Program> programs;  ///< by TrainingProgram

  const Program& iteration() const { return programs[kIteration]; }
  /// The program of iteration number `iteration` (from 0).
  Runtime::ProgramId program_of(std::int64_t iteration) const;
  /// All programs of iterations, the usual one first.
  std::vector<Runtime::ProgramId> iteration_programs() const;
  /// The programs with their memory plans; they move there.
  PlannedPrograms plan() { return PlannedPrograms(table, std::move(programs)); }

 private:
  std::vector<IterationKind> others_;  ///< kinds of the programs from kOtherIterations on
};

/// Sets the counters of a run to the state before iteration number `iteration`.
void set_counters(const TrainingPrograms& programs, Runtime& runtime, std::uint64_t iteration);

/// How many of `count` images training never sees, as `options` ask: at most a twentieth, and two or none.
std::int64_t held_out_images(const TrainingOptions& options, std::int64_t count);

/// How many iterations a run that trains on `images` images has; 0 where time decides.
std::int64_t total_iterations(const TrainingOptions& options, std::int64_t images);

/// The data set that `options` name, at the asked size. `observer` is told how it goes; null: nobody.
Dataset load_training_data(const TrainingOptions& options, LoadingObserver* observer = nullptr);

/// The device that `options` name with all of the run's programs bound to it. Where the plan does not fit, MachineError
/// says by how much and names the largest batch that would. Takes the programs of `programs`, which outlives the runtime.
std::unique_ptr<Runtime> fitted_runtime(const TrainingOptions& options, TrainingPrograms& programs);

}  // namespace gan
