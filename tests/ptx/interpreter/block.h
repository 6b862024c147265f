// The state of a thread block: its warps, its shared memory, its barriers.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "tests/ptx/interpreter/race_detector.h"
#include "tests/ptx/interpreter/warp.h"

namespace gan::ptx {

struct Barrier {
  u32 arrived_without_waiting = 0;
  RaceDetector::Clock clock;  ///< what those who came know
};

struct AsyncState;  ///< mbarriers, bulk copies
/// Faults if a block ends while bulk copies into it are under way or an mbarrier still expects bytes.
void check_nothing_under_way(const Block& block);
struct DeleteAsyncState {
  void operator()(AsyncState* s) const;
};

struct Block {
  const Launch* launch = nullptr;
  const Program* program = nullptr;
  Cluster* cluster = nullptr;
  u32 rank = 0;  ///< in the cluster
  u32 x = 0, y = 0, z = 0;
  std::vector<Warp> warps;
  std::byte* shared = nullptr;  ///< what the shared address kSharedStart means
  u32 shared_bytes = 0;
  std::byte* params = nullptr;
  std::array<Barrier, 16> barriers;
  std::map<u32, std::vector<std::array<u64, 3>>> wgmma_log;  ///< by warpgroup: what was issued
  std::unique_ptr<AsyncState, DeleteAsyncState> async;
};

/// Blocks that run at the same time and reach each other's shared memory; nearly always one.
struct Cluster {
  std::vector<Block> blocks;
  RaceDetector* races = nullptr;  ///< null: nobody looks for races
  Observer* observer = nullptr;
  RaceDetector::Clock clock, completed;  ///< of the cluster's barrier: this phase, the one before it
  Statistics statistics;
};

/// Runs the blocks of a cluster, whose warps stand at their first instruction, to their end.
void run_cluster(Cluster& cluster, Order order);

}  // namespace gan::ptx
