// Says in one sentence when a run goes wrong in one of the ways in which GANs do, and what to change.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/watch/measures.h"

namespace gan {

/// What decides which alarms make sense in a run.
struct AlarmOptions {
  bool has_probabilities = true;  ///< sigmoid(verdict) means something: not so for Wasserstein critics
  double weight_clip = 0;         ///< 0: weights are not clipped
};

/// Watches the looks of a run. An alarm sounds when its condition has held for kLooksInARow looks, since a single batch may
/// mislead; then not again before it has been gone.
class Alarms {
 public:
  explicit Alarms(const AlarmOptions& options) : options_(options) {}

  /// What there is to say after one more look: a sentence an alarm.
  std::vector<std::string> look(const Measures& measures);

  static constexpr int kLooksInARow = 2;

 private:
  struct Rule;
  static const std::vector<Rule>& rules();

  AlarmOptions options_;
  std::vector<Measures> looks_;
  std::vector<int> held_;  ///< by rule: for how many looks in a row its condition has held
};

}  // namespace gan
