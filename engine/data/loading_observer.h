// What loading tells whoever waits for it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

namespace gan {

/// A moment of a long load.
struct LoadingProgress {
  std::string activity;  ///< "decoding faces"
  std::int64_t done = 0, total = 0;
  double seconds = 0;  ///< since this activity began
};

/// Watches a load. Called by one thread at a time, not always the same.
class LoadingObserver {
 public:
  virtual ~LoadingObserver() = default;
  virtual void on_loading(const LoadingProgress& progress) = 0;
  /// Something the user should know: one line.
  virtual void on_notice(const std::string& line) = 0;
};

/// How far one activity of a load has come. Tells an observer a few times a second, and nothing of what is soon over.
class LoadingMeter {
 public:
  using Clock = std::chrono::steady_clock;

  /// When to speak.
  struct Pace {
    Clock::duration patience = std::chrono::seconds(1);         ///< before the first report
    Clock::duration interval = std::chrono::milliseconds(250);  ///< between reports, at least
  };

  /// `observer` may be null: then nobody is told.
  LoadingMeter(LoadingObserver* observer, std::string activity, std::int64_t total, Pace pace);
  LoadingMeter(LoadingObserver* observer, std::string activity, std::int64_t total)
      : LoadingMeter(observer, std::move(activity), total, Pace{}) {}

  /// `count` more are done. May be called from many threads.
  void add(std::int64_t count);

 private:
  LoadingObserver* observer_;
  std::string activity_;
  std::int64_t total_;
  Pace pace_;
  Clock::time_point start_;
  std::atomic<std::int64_t> done_{0};
  std::mutex reporting_;
  Clock::time_point next_report_;  // guarded by reporting_
};

}  // namespace gan
