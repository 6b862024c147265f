// One training iteration of a reference workload on the software GPU, instruction by instruction, and what its kernels did.
#pragma once

#include <string>
#include <vector>

#include "engine/settings/options.h"
#include "kernels/core/contract/cost.h"
#include "tests/ptx/report/watcher.h"

namespace gan::ptx::report {

struct Workload {
  std::string title;
  TrainingOptions options;
  std::string prefix;  ///< only instructions whose name begins so are reported
};

/// A launch, and the instruction of the engine that it is part of.
struct Row {
  std::string instruction;  ///< "conv fprop"
  std::string result;       ///< shape of what the instruction writes first
  Cost cost;                ///< of the instruction
  CountedLaunch launch;
};

/// The launches of one iteration, of each at most `clusters` clusters. Launches that are alike stand there once: the same
/// kernel in the same grid for the same instruction with the same result.
std::vector<Row> count_iteration(const Workload& workload, u64 clusters);

}  // namespace gan::ptx::report
