// Warp collectives out of plain functions: every lane brings a record, the last one works on all of them.
#pragma once

#include <bit>
#include <cstdint>

#include "tests/emulation/block.h"

namespace gan::emulation {

/// The running thread's place in its warp.
inline int current_lane() { return static_cast<int>(current_thread->linear % kWarpThreads); }

/// Calls `body(lane)` for every bit of `lanes`.
template <class Body>
void for_lanes(std::uint32_t lanes, Body body) {
  for (; lanes != 0; lanes &= lanes - 1) body(std::countr_zero(lanes));
}

/// Runs `operation(records, lanes)` once for the whole warp when the last lane of `mask` has arrived. The operation has
/// no state of its own: what it needs is in the records.
template <class Record, class Operation>
void warp_collective(std::uint32_t mask, Record& record, Operation, const char* name, Where where) {
  current_block->warp_collective(
      mask, &record,
      [](void* const* records, std::uint32_t lanes) { Operation{}(reinterpret_cast<Record* const*>(records), lanes); },
      name, where);
}

/// The value that lane `source` brought.
template <class T>
T exchange(std::uint32_t mask, T value, int source, const char* name, Where where) {
  struct Record {
    T value;
    int source;
    T result;
  } record{value, source, value};
  warp_collective(
      mask, record,
      [](Record* const* records, std::uint32_t lanes) {
        for_lanes(lanes, [&](int lane) {
          if (!(lanes >> records[lane]->source & 1))
            current_block->fail("a shuffle reads a lane that does not take part");
          records[lane]->result = records[records[lane]->source]->value;
        });
      },
      name, where);
  return record.result;
}

/// All lanes' values folded in the order of the lanes.
template <class T, class Fold>
T reduce(std::uint32_t mask, T value, Fold, const char* name, Where where) {
  warp_collective(
      mask, value,
      [](T* const* values, std::uint32_t lanes) {
        T total = *values[std::countr_zero(lanes)];
        for_lanes(lanes & (lanes - 1), [&](int lane) { total = Fold{}(total, *values[lane]); });
        for_lanes(lanes, [&](int lane) { *values[lane] = total; });
      },
      name, where);
  return value;
}

}  // namespace gan::emulation
