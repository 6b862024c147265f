// How long one instruction takes on a device.
#pragma once

#include "engine/device/backend.h"

namespace gan {

/// Times bound instructions on copies of their operands, so that the run they belong to is not disturbed.
///
/// Repeats are started back to back and timed together by the device's own clock: neither a wait nor a launch's latency is
/// part of the time as long as the device takes longer than the host needs to start the next (some microseconds on CUDA).
/// Repeats go round through as many copies as it takes to touch twice the device's cache, at most kMostCopies: operands
/// then come from memory, as they do in a training iteration that moves gigabytes between two uses of a tensor.
class InstructionTimer {
 public:
  explicit InstructionTimer(Backend& backend) : backend_(backend) {}

  /// Seconds for one run of `bound`, whose operands hold what they hold in the iteration: the fastest of `tries` timings,
  /// since whatever else the machine does only adds.
  double seconds(const Instruction& bound, int tries) const;

  static constexpr std::size_t kMostCopies = 128;

 private:
  Backend& backend_;
};

}  // namespace gan
