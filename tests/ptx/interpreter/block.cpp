#include "tests/ptx/interpreter/block.h"

#include <algorithm>
#include <cstdio>

#include "tests/ptx/interpreter/turn.h"

namespace gan::ptx {
namespace {

constexpr int kPatience = 2000;  ///< rounds in which all warps only polled

u32 live_threads(const Block& b) {
  u32 n = 0;
  for (const Warp& warp : b.warps) n += static_cast<u32>(__builtin_popcount(warp.live));
  return n;
}

void reduce_at_barrier(Block& b, u32 id) {
  u32 count = 0, total = 0;
  for (const Warp& warp : b.warps)
    for (const Waiting& g : warp.waiting) {
      const Instruction& in = b.program->code[g.pc];
      if (g.barrier != id || in.mode[0] != 2) continue;
      const Mask p = in.mode[2] ? ~warp.pred(in.c) : warp.pred(in.c);
      count += static_cast<u32>(__builtin_popcount(p & g.mask)), total += static_cast<u32>(__builtin_popcount(g.mask));
    }
  for (Warp& warp : b.warps)
    for (const Waiting& g : warp.waiting) {
      const Instruction& in = b.program->code[g.pc];
      if (g.barrier != id || in.mode[0] != 2) continue;
      if (in.mode[3] == 0) for_lanes(g.mask, [&](int i) { warp.reg<u32>(in.d)[i] = count; });
      else warp.set_pred(in.d, (in.mode[3] == 1 ? count == total : count > 0) ? kAllLanes : 0, g.mask);
    }
}

/// What threads did before a barrier is ordered before what those who waited do after it.
void order_accesses(RaceDetector& races, Block& b, u32 id, bool all) {
  if (all) return races.synchronize_block(b);
  RaceDetector::Clock clock = std::move(b.barriers[id].clock);
  b.barriers[id].clock = {};
  const auto for_waiting = [&](auto f) {
    for (const Warp& warp : b.warps)
      for (const Waiting& g : warp.waiting)
        if (g.barrier == id) for_lanes(g.mask, [&](int i) { f(races.thread_of(warp, i)); });
  };
  for_waiting([&](u32 thread) { races.release(clock, thread); });
  for_waiting([&](u32 thread) { races.acquire(clock, thread); });
}

bool release_barriers(Block& b) {
  bool released = false;
  for (u32 id = 0; id < b.barriers.size(); ++id) {
    u32 arrived = b.barriers[id].arrived_without_waiting, expected = 0;
    const Waiting* someone = nullptr;
    const Warp* whose = nullptr;
    for (const Warp& warp : b.warps)
      for (const Waiting& g : warp.waiting) {
        if (g.barrier != id) continue;
        arrived += static_cast<u32>(__builtin_popcount(g.mask));
        someone = &g, whose = &warp;
        expected = g.expected;
      }
    if (someone == nullptr) continue;
    if (expected == 0) expected = live_threads(b);
    const Instruction& in = b.program->code[someone->pc];
    if (arrived > expected)
      whose->fault(in, -1, Fault::Kind::kUndefined,
                   std::to_string(arrived) + " threads came to a barrier for " + std::to_string(expected));
    if (arrived < expected) continue;
    for (const Warp& warp : b.warps)
      for (const Waiting& g : warp.waiting)
        if (g.barrier == id && b.program->code[g.pc].mode[1] && g.mask != warp.live)
          warp.fault(b.program->code[g.pc], __builtin_ctz(g.mask), Fault::Kind::kUndefined,
                     "lanes of one warp wait at different barrier instructions");
    reduce_at_barrier(b, id);
    if (b.cluster->races != nullptr) order_accesses(*b.cluster->races, b, id, arrived == live_threads(b));
    b.barriers[id].arrived_without_waiting = 0;
    released = true;
    for (Warp& warp : b.warps)
      for (std::size_t i = 0; i < warp.waiting.size();) {
        if (warp.waiting[i].barrier != id) {
          ++i;
          continue;
        }
        warp.ready.push_back({warp.waiting[i].pc + 1, warp.waiting[i].mask});
        warp.waiting[i] = warp.waiting.back();
        warp.waiting.pop_back();
      }
  }
  return released;
}

[[noreturn]] void deadlock(const Cluster& cluster, const std::string& what) {
  std::string text = what;
  const Warp* someone = nullptr;
  const Instruction* where = nullptr;
  int listed = 0;
  for (const Block& b : cluster.blocks)
    for (const Warp& warp : b.warps) {
      const auto report = [&](u32 pc, Mask m, const char* how) {
        someone = &warp, where = &b.program->code[pc];
        char line[200];
        std::string_view source = where->line > 0 ? b.program->lines[where->line - 1] : "";
        source.remove_prefix(std::min(source.find_first_not_of(" \t"), source.size()));
        std::snprintf(line, sizeof line, "\n    warp %u, lanes %08x %s at line %u: %.*s", warp.index, m, how,
                      where->line, int(std::min<std::size_t>(source.size(), 90)), source.data());
        if (listed++ < 8) text += line;
      };
      for (const Waiting& g : warp.waiting) report(g.pc, g.mask, "wait");
      for (const Group& g : warp.collective) report(g.pc, g.mask, "wait for other lanes");
      for (const Group& g : warp.ready) report(g.pc, g.mask, "poll");
    }
  someone->fault(*where, -1, Fault::Kind::kDeadlock, text);
}

/// After setmaxnreg the warps' registers must fit into what one SM gives a block, min_blocks of which share it.
void check_registers(const Block& b) {
  constexpr u32 kRegistersOfSm = 65536;
  u32 total = 0;
  for (const Warp& warp : b.warps) {
    if (warp.registers == 0) return;
    total += warp.registers * kLanes;
  }
  const u32 limit = kRegistersOfSm / std::max(b.program->min_blocks, 1u);
  if (total > limit)
    b.warps[0].fault(b.program->code.back(), -1, Fault::Kind::kUndefined,
                     "setmaxnreg promises " + std::to_string(total) + " registers to a block that can have " +
                         std::to_string(limit));
}

}  // namespace

void run_cluster(Cluster& cluster, Order order) {
  int stalled = 0;
  const std::size_t blocks = cluster.blocks.size(), warps = cluster.blocks.front().warps.size();
  while (true) {
    bool ran = false, only_polled = true, released = false;
    u32 live = 0;
    for (std::size_t k = 0; k < blocks * warps; ++k) {
      const std::size_t at = order == Order::kBackward ? blocks * warps - 1 - k : k;
      Warp& warp = cluster.blocks[at / warps].warps[at % warps];
      if (warp.ready.empty()) continue;
      const auto [steps, polled] = take_turn(warp, order);
      cluster.statistics.warp_instructions += steps;
      ran = true;
      if (!polled || steps > 64 * kLanes) only_polled = false;  // a lane polls with a few instructions
    }
    for (Block& b : cluster.blocks) released |= release_barriers(b), live += live_threads(b);
    if (live == 0) break;
    if (!ran && !released) deadlock(cluster, "deadlock: nobody can go on");
    stalled = only_polled && !released ? stalled + 1 : 0;
    if (stalled > kPatience) deadlock(cluster, "deadlock: everybody polls for what never comes");
  }
  for (const Block& b : cluster.blocks) check_nothing_under_way(b), check_registers(b);
}

}  // namespace gan::ptx
