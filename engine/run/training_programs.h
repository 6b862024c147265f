// What a training run consists of, built from its options, before any memory is allocated.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/algorithm/algorithm.h"
#include "engine/data/dataset.h"
#include "engine/device/runtime.h"
#include "engine/settings/options.h"

namespace gan {

/// A run's programs, in the order they are bound.
enum TrainingProgram : Runtime::ProgramId { kInitialization, kIteration, kSampling, kCalibration };

/// The players, the place of the data, and the programs of a run: enough to print schedule and plan.
struct TrainingPrograms {
  /// `count`: images in the data set; `channels`: theirs.
  TrainingPrograms(const TrainingOptions& options, std::int64_t count, std::int64_t channels);
  TrainingPrograms(const TrainingPrograms&) = delete;  // players and programs refer to the table
  TrainingPrograms& operator=(const TrainingPrograms&) = delete;

  StorageTable table;
  std::unique_ptr<Objective> objective;
  Players players;
  Tensor dataset;                 ///< U8 (count, H, W, C)
  std::vector<Program> programs;  ///< by TrainingProgram

  const Program& iteration() const { return programs[kIteration]; }
  /// The programs with their memory plans; they move there.
  PlannedPrograms plan() { return PlannedPrograms(table, std::move(programs)); }
};

/// How many iterations a run over `images` images has; 0 where time decides.
std::int64_t total_iterations(const TrainingOptions& options, std::int64_t images);

/// The data set that `options` name, at the asked size.
Dataset load_training_data(const TrainingOptions& options);

/// The device that `options` name with all of the run's programs bound to it. Where the plan does not fit, MachineError
/// says by how much and names the largest batch that would. Takes the programs of `programs`, which outlives the runtime.
std::unique_ptr<Runtime> fitted_runtime(const TrainingOptions& options, TrainingPrograms& programs);

}  // namespace gan
