#include "engine/data/loading_observer.h"

namespace gan {

LoadingMeter::LoadingMeter(LoadingObserver* observer, std::string activity, std::int64_t total, Pace pace)
    : observer_(observer),
      activity_(std::move(activity)),
      total_(total),
      pace_(pace),
      start_(Clock::now()),
      next_report_(start_ + pace.patience) {}

void LoadingMeter::add(std::int64_t count) {
  done_ += count;
  if (observer_ == nullptr) return;
  // Whoever finds another thread reporting goes on with its work: that report says enough.
  const std::unique_lock lock(reporting_, std::try_to_lock);
  const Clock::time_point now = Clock::now();
  if (!lock || now < next_report_) return;
  next_report_ = now + pace_.interval;
  // Read under the lock, so that no report is behind an earlier one.
  observer_->on_loading({.activity = activity_,
                         .done = done_,
                         .total = total_,
                         .seconds = std::chrono::duration<double>(now - start_).count()});
}

}  // namespace gan
