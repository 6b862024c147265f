// What a training run tells whoever watches it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/data/loading_observer.h"
#include "engine/data/point_sets.h"
#include "engine/program/reading.h"

namespace gan {

/// What is known once everything is set up and before the first iteration.
struct RunSummary {
  std::string device;       ///< "NVIDIA H200", "CPU, 2 threads"
  std::string dataset;      ///< "fashion-mnist"
  std::int64_t images = 0;  ///< or points, in the data set
  std::int64_t height = 0, width = 0, channels = 0;
  DataKind kind = DataKind::Images;  ///< points have `channels` numbers each
  std::string model;
  std::int64_t generator_parameters = 0, discriminator_parameters = 0;
  std::size_t memory_bytes = 0;  ///< planned device memory
  double gflop_per_iteration = 0;
  std::int64_t first_iteration = 0;  ///< 0, or where a resumed run goes on
  std::int64_t iterations = 0;       ///< total; 0 when the run is limited by time
  std::filesystem::path folder;
};

/// One entry of the progress line with its numbers, in the order of `gauge.readings`.
struct ShownGauge {
  Gauge gauge;
  std::vector<double> values;
};

/// A moment of the run. Readings are those of the latest iteration.
struct Progress {
  std::int64_t iteration = 0;   ///< done so far
  std::int64_t iterations = 0;  ///< total; 0 when limited by time
  double fraction = 0;          ///< of the run, 0 to 1
  double epoch = 0;             ///< passes over the data so far
  std::vector<ShownGauge> gauges;
  double images_per_second = 0;  ///< or points
  double seconds_left = 0;       ///< at the present speed
  DataKind kind = DataKind::Images;
};

/// Watches a run: first its load, then its training. Called a few times a second at most, from on_start on by the
/// training thread.
class TrainingObserver : public LoadingObserver {
 public:
  virtual void on_start(const RunSummary& summary) = 0;
  virtual void on_progress(const Progress& progress) = 0;
  virtual void on_sample(const std::filesystem::path& file) = 0;
  virtual void on_checkpoint(const std::filesystem::path& file) = 0;
};

/// How a run ended.
struct TrainingResult {
  std::int64_t iteration = 0;
  bool interrupted = false;
  std::filesystem::path folder, last_sample, last_checkpoint;
  double seconds = 0;
  double images_per_second = 0;  ///< or points, over the whole run
  DataKind kind = DataKind::Images;
};

}  // namespace gan
