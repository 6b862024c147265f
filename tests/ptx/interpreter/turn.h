// A warp's turn: its groups of lanes run until all of them wait, poll or are gone.
#pragma once

#include "tests/ptx/interpreter/block.h"

namespace gan::ptx {

struct TurnResult {
  u64 steps = 0;        ///< warp instructions
  bool polled = false;  ///< somebody stopped at a wait that did not pass
};

/// Runs every group of `warp` that can run. Divergent groups are followed one by one: in lock step the group with the
/// lowest pc goes first and groups that meet become one; in the other orders every lane is a group of its own.
TurnResult take_turn(Warp& warp, Order order);

}  // namespace gan::ptx
