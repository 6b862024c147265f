// What a block has under way in the asynchronous units, and the pieces that cp.async, mbarriers and bulk copies share.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "tests/ptx/interpreter/block.h"
#include "tests/ptx/interpreter/decode.h"

namespace gan::ptx {

struct Mbarrier {
  u32 expected = 0, pending = 0;
  s64 tx = 0;  ///< bytes that are still to come
  u64 phase = 0;
  u32 initialised_by = 0;                  ///< thread of the cluster, where races are looked for
  RaceDetector::Time initialised = 0;      ///< and when
  bool announced = false;                  ///< a fence has made its initialisation known to the asynchronous proxy
  RaceDetector::Clock current, completed;  ///< what arrived at this phase, and at the one before it
};

/// A bulk copy that has not landed.
struct BulkCopy {
  u32 barrier = kNone;  ///< shared address of the mbarrier it completes on; kNone: it completes by bulk groups
  u32 bytes = 0;
  std::function<void()> land;
  u32 thread = 0;     ///< of the block: who started it
  u32 group = kNone;  ///< kNone: not committed
};

struct AsyncState {
  std::map<u32, Mbarrier> barriers;  ///< by shared address
  std::vector<BulkCopy> copies;
  std::map<u32, u32> groups;  ///< bulk groups committed, by thread
};

AsyncState& async_state(Block& block);

/// A further operand of the instruction.
inline u32 further(const Warp& warp, const Instruction& in, u32 i) { return warp.program->operands[in.extra + i]; }

/// [base + offset] as three further operands (reference, whether it has 32 bits, displacement), and its value.
void address_operand(Decoding& s, const Operand& o, Instruction& in);
u64 address_at(const Warp& warp, const Instruction& in, u32 i, int lane);

/// A shared-memory address, 32 bits or generic, as the block that owns it and the address in that block.
struct SharedPlace {
  Block* block = nullptr;
  u32 address = 0;
};
SharedPlace shared_place(const Warp& warp, const Instruction& in, int lane, u64 address);

/// The live mbarrier at a place. Faults if there is none, or if ordinary stores have overwritten it.
Mbarrier& barrier_at(Warp& warp, const Instruction& in, int lane, const SharedPlace& place);

void change_tx(Warp& warp, const Instruction& in, int lane, Mbarrier& b, s64 by);
/// Goes on to the next phase if nobody and nothing is missing.
void complete_if_due(Mbarrier& b);
void arrive_at(Warp& warp, const Instruction& in, int lane, Mbarrier& b, u32 count);

/// fence.mbarrier_init or fence.proxy.async: asynchronous copies may complete on the barriers that there are.
void announce_barriers(Block& block);

/// Copies that complete on this barrier land now: somebody looks.
void land_bulk(Warp& warp, const Instruction& in, int lane, const SharedPlace& place);

// Each returns false for an instruction that is not its own.
bool decode_cp_async(Decoding& s, Instruction& in);
bool decode_mbarrier(Decoding& s, Instruction& in);
bool decode_bulk(Decoding& s, Instruction& in);

}  // namespace gan::ptx
