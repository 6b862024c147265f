// A grid to run, and how.
#pragma once

#include <vector>

#include "tests/ptx/interpreter/fault.h"
#include "tests/ptx/interpreter/program.h"

namespace gan::ptx {

struct Dim {
  u32 x = 1, y = 1, z = 1;
  u64 volume() const { return u64{x} * y * z; }
};

class Observer;
class RaceDetector;

struct Launch {
  const Program* program = nullptr;
  Dim grid, block;
  u32 cluster_blocks = 1;  ///< blocks of a cluster, in x
  std::size_t dynamic_shared = 0;
  bool dependent = false;  ///< may begin before the launch before it has ended: griddepcontrol.wait waits for that
  std::vector<std::byte> params;
};

/// In which order lanes of a warp and warps of a block take turns; results of a correct kernel do not depend on it.
enum class Order { kTogether, kForward, kBackward };

/// How a grid is run, and who watches.
struct RunOptions {
  Order order = Order::kTogether;
  RaceDetector* races = nullptr;
  Observer* observer = nullptr;
  /// Only so many clusters, spread evenly over the grid with its first and last among them; 0: all. For counting: what
  /// the launch leaves in memory is then no result.
  u64 sampled_clusters = 0;
};

struct Statistics {
  u64 warp_instructions = 0, thread_instructions = 0;
  u64 clusters = 0;  ///< that were run
};

/// Runs a grid to its end. Throws Fault, naming kernel, block, thread and PTX line.
Statistics run(const Launch& launch, const RunOptions& options);

}  // namespace gan::ptx
