// Where a program's transient tensors lie: lifetimes, and one arena in which those that never meet share memory.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/program/program.h"

namespace gan {

/// A transient storage's place in the arena, and the steps during which it is alive (both ends included).
struct Placement {
  int storage = -1;
  std::size_t offset = 0;
  std::size_t bytes = 0;
  int first_step = 0;
  int last_step = 0;
};

/// Where every transient storage of a program lies.
struct MemoryPlan {
  std::vector<Placement> placements;  ///< in order of first use
  std::size_t arena_bytes = 0;        ///< what the placements need
  std::size_t live_bytes = 0;         ///< the most that is alive at one step: a floor for any plan
};

/// Every placement starts at a multiple of this many bytes.
inline constexpr std::size_t kArenaAlignment = 256;

/// Plans the transient storages of a valid program. A storage lives from the first instruction that touches it to the
/// last; outputs and readings live to the end. Storages are placed largest first, each at the lowest address that is free
/// during its whole life.
MemoryPlan plan_memory(const Program& program);

/// `bytes`, rounded up to a multiple of kArenaAlignment.
std::size_t arena_aligned(std::size_t bytes);

/// Bytes of all of a table's storages, each aligned.
std::size_t aligned_bytes(const StorageTable& table);

}  // namespace gan
