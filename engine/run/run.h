// A run in progress: the model on its device, its folder, and the loop.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/files/json_lines.h"
#include "engine/files/run_folder.h"
#include "engine/run/evolution.h"
#include "engine/run/observer.h"
#include "engine/run/training_programs.h"
#include "engine/watch/alarms.h"

namespace gan {

/// One training run. Construct, then `execute` once.
class Run {
 public:
  Run(const TrainingOptions& options, TrainingObserver& observer, const std::atomic<int>& stop);

  TrainingResult execute();

 private:
  using Clock = std::chrono::steady_clock;

  std::int64_t start_fresh();
  std::int64_t resume();
  void refuse_other_data(const LoadedCheckpoint& checkpoint) const;
  void run_iteration();
  void save_trace();
  bool finished() const;
  void do_what_is_due();
  void read_readings();
  void report();
  void append_log();
  void watch();
  void save_sample();
  void save_checkpoint();
  double elapsed_seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  double epochs_done() const;
  /// Real images that the iterations from `first` to before `last` see.
  double images_between(std::int64_t first, std::int64_t last) const;
  std::vector<ShownGauge> shown_gauges() const;
  RunSummary summary();

  /// Something that happens every so many iterations; 0: never.
  struct Due {
    std::int64_t every;
    void (Run::*action)();
  };

  TrainingOptions options_;
  TrainingObserver& observer_;
  const std::atomic<int>& stop_;
  Dataset dataset_;          ///< its pixels move to the device
  std::string fingerprint_;  ///< of the data set, kept in checkpoints: a resumed run must see the same images
  TrainingPrograms programs_;
  std::unique_ptr<Runtime> runtime_;
  std::optional<RunFolder> folder_;
  std::optional<JsonLinesWriter> log_;
  std::optional<Evolution> evolution_;

  std::int64_t iteration_ = 0, first_iteration_ = 0, total_ = 0;
  std::int64_t sampled_at_ = -1, saved_at_ = -1, read_at_ = -1;  ///< iterations after which that was done last
  std::vector<Due> due_;                                         ///< in the order in which they happen
  Alarms alarms_;
  std::map<std::string, float> readings_;  ///< by name, of the latest iteration seen that had them
  Clock::time_point start_, reported_;
  std::int64_t reported_at_ = 0;
  double images_per_second_ = 0;
  TrainingResult result_;
  std::vector<float> shown_points_;  ///< of a set of points: those that a sample shows the generated ones over
};

}  // namespace gan
