// What the blocks of a cluster do together: their barrier, and the addresses of each other's shared memory.

#include "tests/ptx/interpreter/block.h"
#include "tests/ptx/interpreter/instructions/handlers.h"

namespace gan::ptx {
namespace {

void arrive(Warp& warp, const Instruction& in, Mask m) {
  Cluster& cluster = *warp.block->cluster;
  if ((warp.cluster_arrived & m) != 0)
    warp.fault(in, __builtin_ctz(m), Fault::Kind::kUndefined, "arrives at the cluster's barrier twice without a wait");
  warp.cluster_arrived |= m;
  if (cluster.races != nullptr)
    for_lanes(m, [&](int i) { cluster.races->release(cluster.clock, cluster.races->thread_of(warp, i)); });
}

/// Passes when every live thread of the cluster has arrived at this phase.
void wait(Warp& warp, const Instruction& in, Mask m) {
  Cluster& cluster = *warp.block->cluster;
  if ((warp.cluster_arrived & m) != m)
    warp.fault(in, __builtin_ctz(m), Fault::Kind::kUndefined, "waits at the cluster's barrier without an arrival");
  const Mask not_passed = m & ~warp.cluster_passed;
  if (not_passed != 0) {
    for (const Block& block : cluster.blocks)
      for (const Warp& other : block.warps)
        // who has passed the phase before and not yet waited for it, has not arrived at this one
        if ((other.live & ~(other.cluster_arrived & ~other.cluster_passed)) != 0) {
          warp.retry = true;
          return;
        }
    cluster.completed = std::move(cluster.clock);
    cluster.clock = {};
    for (Block& block : cluster.blocks)
      for (Warp& other : block.warps) other.cluster_passed = other.cluster_arrived;
  }
  warp.cluster_arrived &= ~m, warp.cluster_passed &= ~m;
  if (cluster.races != nullptr)
    for_lanes(m, [&](int i) { cluster.races->acquire(cluster.completed, cluster.races->thread_of(warp, i)); });
}

/// A shared address of another block: 32 bits in the shared window, or generic with 64.
template <class T>
void map_address(Warp& warp, const Instruction& in, Mask m) {
  const T* a = warp.src<T>(in.a);
  const u32* rank = warp.src<u32>(in.b);
  T* d = warp.reg<T>(in.d);
  for_lanes(m, [&](int i) {
    if (rank[i] >= warp.block->cluster->blocks.size())
      warp.fault(in, i, Fault::Kind::kUndefined, "mapa to a block that the cluster does not have");
    const u64 base = in.space == Space::kGeneric ? kSharedWindow : 0;
    d[i] = static_cast<T>(base + (u64{rank[i]} + 1) * kWindowBytes + (a[i] - base) % kWindowBytes);
  });
}

/// The rank of the block that a shared address lies in.
template <class T>
void rank_of_address(Warp& warp, const Instruction& in, Mask m) {
  const T* a = warp.src<T>(in.a);
  u32* d = warp.reg<u32>(in.d);
  const u64 base = in.space == Space::kGeneric ? kSharedWindow : 0;
  for_lanes(m, [&](int i) {
    const u64 window = (a[i] - base) / kWindowBytes;
    d[i] = window == 0 ? warp.block->rank : static_cast<u32>(window - 1);
  });
}

}  // namespace

bool decode_cluster_barrier(Decoding& s, Instruction& in) {
  const int what = s.which({"arrive", "wait"});
  if (what < 0) s.fail("not covered");
  s.accept({"aligned", "release", "acquire", "relaxed"});
  in.run = what == 0 ? arrive : wait;
  if (what == 1) in.flow = Flow::kRepeat;
  return true;
}

bool decode_cluster(Decoding& s, Instruction& in) {
  const bool map = s.name() == "mapa";
  if (!map && s.name() != "getctarank") return false;
  in.space = s.has("shared::cluster") ? Space::kShared : Space::kGeneric;
  const Type t = s.type();
  if (t != Type::kU32 && t != Type::kU64) s.fail("this type is not covered");
  const Type address = map || in.space == Space::kShared ? t : Type::kU64;
  in.d = s.dest(0, map ? t : Type::kU32), in.a = s.source(1, address);
  if (map) in.b = s.source(2, Type::kU32);
  const bool wide = address == Type::kU64;
  if (map) in.run = wide ? map_address<u64> : map_address<u32>;
  else in.run = wide ? rank_of_address<u64> : rank_of_address<u32>;
  return true;
}

}  // namespace gan::ptx
