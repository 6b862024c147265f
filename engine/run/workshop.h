// Everything a run needs, built from its options: data, model, objective, programs, device memory.
#pragma once

#include <memory>
#include <string>

#include "engine/algorithm/schedules.h"
#include "engine/data/dataset.h"
#include "engine/device/runtime.h"
#include "engine/settings/options.h"

namespace gan {

/// The model and the programs of a run, before any memory is allocated: enough to print schedule and plan.
struct Workshop {
  /// `count`: images in the data set; `channels`: theirs.
  Workshop(const TrainingOptions& options, std::int64_t count, std::int64_t channels);
  Workshop(const Workshop&) = delete;  // the model and the runtime refer to the table
  Workshop& operator=(const Workshop&) = delete;

  StorageTable table;
  std::unique_ptr<Objective> objective;
  Model model;
  Program initialization, iteration, sampling, calibration;
};

/// The data set that `options` name, at the asked size.
Dataset load_training_data(const TrainingOptions& options, int threads);

/// The device that `options` name; "auto" takes a GPU if there is one.
std::unique_ptr<Backend> open_device(const TrainingOptions& options);

/// `options.threads`, or all cores for 0.
int thread_count(const TrainingOptions& options);

/// The largest batch, up to the one asked for, whose plan fits into `bytes`; 0 if none does.
std::int64_t largest_batch_that_fits(const TrainingOptions& options, std::int64_t count, std::int64_t channels,
                                     std::size_t bytes);

}  // namespace gan
