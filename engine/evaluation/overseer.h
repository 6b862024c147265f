// Who is told how far a long evaluation has come, and may end it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/data/loading_observer.h"

namespace gan {

/// Thrown out of an evaluation that was asked to end.
struct Interrupted {};

/// Passes progress on to an observer, and a request to stop back.
class Overseer {
 public:
  /// Nobody is told, and nobody stops.
  Overseer() = default;
  Overseer(LoadingObserver& observer, const std::atomic<int>& stop) : observer_(&observer), stop_(&stop) {}

  /// A new part begins: "training the classifier", of `total` items.
  void begin(std::string activity, std::int64_t total) { meter_.emplace(observer_, std::move(activity), total); }

  /// `count` more of its items are done. Throws Interrupted when asked to stop.
  void advance(std::int64_t count) {
    if (stop_ != nullptr && *stop_ != 0) throw Interrupted{};
    if (meter_) meter_->add(count);
  }

  LoadingObserver* observer() const { return observer_; }

 private:
  LoadingObserver* observer_ = nullptr;
  const std::atomic<int>* stop_ = nullptr;
  std::optional<LoadingMeter> meter_;
};

}  // namespace gan
