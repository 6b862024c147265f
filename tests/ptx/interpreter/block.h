// The state of a thread block: its warps, its shared memory, its barriers.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "tests/ptx/interpreter/warp.h"

namespace gan::ptx {

struct Barrier {
  u32 arrived_without_waiting = 0;
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
  u32 x = 0, y = 0, z = 0;
  std::vector<Warp> warps;
  std::byte* shared = nullptr;  ///< what the shared address kSharedStart means
  u32 shared_bytes = 0;
  std::byte* params = nullptr;
  std::array<Barrier, 16> barriers;
  std::map<u32, std::vector<std::array<u64, 3>>> wgmma_log;  ///< by warpgroup: what was issued
  std::unique_ptr<AsyncState, DeleteAsyncState> async;
  Statistics statistics;
};

/// Runs a block whose warps stand at their first instruction to its end.
void run_block(Block& block, Order order);

}  // namespace gan::ptx
