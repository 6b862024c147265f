// What a program can ask the software GPU that a real one would not answer.
#pragma once

#include <string>
#include <vector>

#include "tests/ptx/interpreter/launch.h"

namespace gan::ptx::runtime {

/// The name that cudaGetDeviceProperties gives, for a test that must not run on anything else.
constexpr const char* kDeviceName = "Software GPU";

/// Every PTX instruction with its modifiers ("fma.rn.f32") of every kernel of this program, sorted, each once. Throws
/// SyntaxError if a kernel cannot be decoded.
std::vector<std::string> instruction_forms();

/// The last message about a kernel or a call that the software GPU refused; it has none after that.
std::string take_complaint();

/// Somebody who counts what launches do.
class LaunchWatcher {
 public:
  virtual ~LaunchWatcher() = default;
  /// A launch begins; who is told of its instructions and accesses, and RunOptions::sampled_clusters.
  struct Watch {
    Observer* observer = nullptr;
    u64 sampled_clusters = 0;
  };
  virtual Watch begins(const Launch& launch) = 0;
  /// It has ended without a fault.
  virtual void ended(const Launch& launch, const Statistics& statistics) = 0;
};

/// Has launches watched by `watcher` from now on instead of looking for races; null: nobody.
void watch_launches(LaunchWatcher* watcher);

}  // namespace gan::ptx::runtime
