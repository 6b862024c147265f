// Counts every launch of a program, on some blocks of its grid.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "tests/ptx/report/counts.h"
#include "tests/ptx/runtime/software_gpu.h"

namespace gan::ptx::report {

/// A launch and the counts of those of its blocks that were run.
struct CountedLaunch {
  const Program* program = nullptr;
  Dim grid, block;
  std::size_t dynamic_shared = 0;
  u64 blocks = 0;  ///< that were run
  Counts counts;
  /// Times the counts of the blocks that were run to those of the launch.
  double scale() const { return static_cast<double>(grid.volume()) / static_cast<double>(blocks); }
};

/// Between its construction and its end launches are counted, of each at most `clusters` clusters (0: all), and not looked
/// at for races.
class Watcher : public runtime::LaunchWatcher {
 public:
  explicit Watcher(u64 clusters) : clusters_(clusters) { runtime::watch_launches(this); }
  ~Watcher() override { runtime::watch_launches(nullptr); }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  Watch begins(const Launch& launch) override {
    counter_ = std::make_unique<Counter>(*launch.program);
    return {.observer = counter_.get(), .sampled_clusters = clusters_};
  }
  void ended(const Launch& launch, const Statistics& statistics) override {
    launches_.push_back({.program = launch.program,
                         .grid = launch.grid,
                         .block = launch.block,
                         .dynamic_shared = launch.dynamic_shared,
                         .blocks = statistics.clusters * launch.cluster_blocks,
                         .counts = counter_->counts()});
  }
  /// The launches since the last call.
  std::vector<CountedLaunch> take() { return std::exchange(launches_, {}); }

 private:
  u64 clusters_;
  std::unique_ptr<Counter> counter_;
  std::vector<CountedLaunch> launches_;
};

}  // namespace gan::ptx::report
