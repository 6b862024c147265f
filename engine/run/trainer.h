// A training run from options to finished run folder.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>

#include "engine/settings/options.h"

namespace gan {

/// What is known once everything is set up and before the first iteration.
struct RunSummary {
  std::string device;       ///< "NVIDIA H200", "CPU, 2 threads"
  std::string dataset;      ///< "fashion-mnist"
  std::int64_t images = 0;  ///< in the data set
  std::int64_t height = 0, width = 0, channels = 0;
  std::string model;
  std::int64_t generator_parameters = 0, discriminator_parameters = 0;
  std::size_t memory_bytes = 0;  ///< planned device memory
  double gflop_per_iteration = 0;
  std::int64_t first_iteration = 0;  ///< 0, or where a resumed run goes on
  std::int64_t iterations = 0;       ///< total; 0 when the run is limited by time
  std::filesystem::path folder;
};

/// A moment of the run. Readings are those of the latest iteration.
struct Progress {
  std::int64_t iteration = 0;   ///< done so far
  std::int64_t iterations = 0;  ///< total; 0 when limited by time
  double fraction = 0;          ///< of the run, 0 to 1
  double epoch = 0;             ///< passes over the data so far
  double loss_d_real = 0, loss_d_fake = 0, loss_g = 0;
  double d_real = 0;         ///< mean D(x)
  double d_fake_before = 0;  ///< mean D(G(z)) in the D step
  double d_fake_after = 0;   ///< mean D(G(z)) in the G step
  double images_per_second = 0;
  double seconds_left = 0;  ///< at the present speed
};

/// Watches a run. Called from the training thread, a few times a second at most.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;
  virtual void on_start(const RunSummary& summary) = 0;
  virtual void on_progress(const Progress& progress) = 0;
  virtual void on_sample(const std::filesystem::path& file) = 0;
  virtual void on_checkpoint(const std::filesystem::path& file) = 0;
  /// Something the user should know: one line.
  virtual void on_notice(const std::string& line) = 0;
};

struct TrainingResult {
  std::int64_t iteration = 0;
  bool interrupted = false;
  std::filesystem::path folder, last_sample, last_checkpoint;
  double seconds = 0;
  double images_per_second = 0;  ///< over the whole run
};

/// Trains. `stop` becoming non-zero ends the run after the current iteration, with a checkpoint. Throws InputError,
/// MachineError, and DivergedError on a loss or gradient that is not finite: the last good checkpoint stays.
TrainingResult train(const TrainingOptions& options, TrainingObserver& observer, const std::atomic<int>& stop);

/// The schedule of one iteration, as text; nothing is trained, no data beyond its size is needed.
std::string print_schedule(const TrainingOptions& options);

/// The memory plan of one iteration, as text.
std::string print_plan(const TrainingOptions& options);

}  // namespace gan
