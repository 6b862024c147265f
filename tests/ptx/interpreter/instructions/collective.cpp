// Control flow, barriers, and what lanes of a warp do together.

#include <bit>

#include "tests/ptx/interpreter/block.h"
#include "tests/ptx/interpreter/instructions/handlers.h"

namespace gan::ptx {
namespace {

enum class Shuffle : u8 { kUp, kDown, kButterfly, kIndex };

void shuffle(Warp& warp, const Instruction& in, Mask m) {
  u32 from[kLanes];
  const u32 *a = warp.src<u32>(in.a), *b = warp.src<u32>(in.b), *c = warp.src<u32>(in.c);
  std::copy(a, a + kLanes, from);
  u32* d = warp.reg<u32>(in.d);
  Mask inside = 0;
  for (Mask l = m; l != 0; l &= l - 1) {
    const int i = __builtin_ctz(l);
    const int clamp = c[i] & 31, segment = c[i] >> 8 & 31, shift = b[i] & 31;
    const int most = (i & segment) | (clamp & ~segment), least = i & segment;
    int j = 0;
    bool ok = false;
    switch (static_cast<Shuffle>(in.mode[0])) {
      case Shuffle::kUp: j = i - shift, ok = j >= most; break;
      case Shuffle::kDown: j = i + shift, ok = j <= most; break;
      case Shuffle::kButterfly: j = i ^ shift, ok = j <= most; break;
      case Shuffle::kIndex: j = least | (shift & ~segment), ok = j <= most; break;
    }
    if (!ok) j = i;
    if (!(m >> j & 1))
      warp.fault(in, i, Fault::Kind::kUndefined, "shfl reads lane " + std::to_string(j) + ", which does not take part");
    d[i] = from[j];
    inside |= Mask{ok} << i;
  }
  if (in.mode[1]) warp.set_pred(warp.program->operands[in.extra], inside, m);
}

/// mode[0]: all, any, uni, ballot; mode[1]: the predicate is negated.
void vote(Warp& warp, const Instruction& in, Mask m) {
  const Mask p = (in.mode[1] ? ~warp.pred(in.a) : warp.pred(in.a)) & m;
  if (in.mode[0] == 3) {
    for_lanes(m, [&](int i) { warp.reg<u32>(in.d)[i] = p; });
    return;
  }
  const bool v = in.mode[0] == 0 ? p == m : in.mode[0] == 1 ? p != 0 : p == m || p == 0;
  warp.set_pred(in.d, v ? kAllLanes : 0, m);
}

template <class T>
void match_any(Warp& warp, const Instruction& in, Mask m) {
  const T* a = warp.src<T>(in.a);
  u32 result[kLanes] = {};
  for (Mask l = m; l != 0; l &= l - 1)
    for (Mask k = m; k != 0; k &= k - 1)
      if (a[__builtin_ctz(l)] == a[__builtin_ctz(k)]) result[__builtin_ctz(l)] |= k & -k;
  for_lanes(m, [&](int i) { warp.reg<u32>(in.d)[i] = result[i]; });
}

template <class T>
void match_all(Warp& warp, const Instruction& in, Mask m) {
  const T* a = warp.src<T>(in.a);
  bool same = true;
  for (Mask l = m; l != 0; l &= l - 1) same &= a[__builtin_ctz(l)] == a[__builtin_ctz(m)];
  for_lanes(m, [&](int i) { warp.reg<u32>(in.d)[i] = same ? m : 0; });
  if (in.mode[1]) warp.set_pred(warp.program->operands[in.extra], same ? kAllLanes : 0, m);
}

template <class T>
void reduce(Warp& warp, const Instruction& in, Mask m) {
  const T* a = warp.src<T>(in.a);
  T r = a[__builtin_ctz(m)];
  for (Mask l = m & (m - 1); l != 0; l &= l - 1) {
    const T v = a[__builtin_ctz(l)];
    switch (in.mode[0]) {
      case 0: r = static_cast<T>(u32(r) + u32(v)); break;
      case 1: r = std::min(r, v); break;
      case 2: r = std::max(r, v); break;
      case 3: r &= v; break;
      case 4: r |= v; break;
      default: r ^= v;
    }
  }
  for_lanes(m, [&](int i) { warp.reg<T>(in.d)[i] = r; });
}

void active_mask(Warp& warp, const Instruction& in, Mask m) {
  for_lanes(m, [&](int i) { warp.reg<u32>(in.d)[i] = m; });
}

void trap(Warp& warp, const Instruction& in, Mask m) { warp.fault(in, __builtin_ctz(m), Fault::Kind::kAssert, "trap"); }

void elect(Warp& warp, const Instruction& in, Mask m) {
  for_lanes(m, [&](int i) { warp.reg<u32>(in.d)[i] = u32(__builtin_ctz(m)); });
  warp.set_pred(in.a, m & -m, m);
}

void synchronize_warp(Warp& warp, const Instruction&, Mask m) {
  if (RaceDetector* races = warp.block->cluster->races) races->synchronize_lanes(warp, m);
}

bool decode_barrier(Decoding& s, Instruction& in) {
  if (s.has("warp")) {
    s.has("sync");
    in.flow = Flow::kCollective;
    in.target = s.source(0, Type::kB32);
    in.run = synchronize_warp;
    return true;
  }
  if (s.has("cluster")) return decode_cluster_barrier(s, in);
  s.has("cta");
  in.flow = Flow::kBarrier;
  in.mode[0] = static_cast<u8>(s.which({"sync", "arrive", "red"}));
  in.mode[1] = s.has("aligned") || s.name() == "bar";
  std::size_t at = 0;
  if (in.mode[0] == 2) {
    const int op = s.which({"popc", "and", "or"});
    in.mode[3] = static_cast<u8>(op);
    in.d = s.dest(0, s.type());
    const Operand& p = s.operands().back();
    in.c = s.source(p, Type::kPred);
    in.mode[2] = p.negated;
    at = 1;
  }
  in.a = s.source(at, Type::kU32);
  const std::size_t counted = s.operands().size() - at - (in.mode[0] == 2);
  in.b = counted > 1 ? s.source(at + 1, Type::kU32) : kNone;
  return true;
}

bool decode_with_members(Decoding& s, Instruction& in) {
  const std::string_view n = s.name();
  in.flow = Flow::kCollective;
  s.has("sync");
  if (n == "shfl") {
    in.mode[0] = static_cast<u8>(s.which({"up", "down", "bfly", "idx"}));
    s.type();
    const Operand& to = s.operand(0);
    in.mode[1] = to.kind == Operand::Kind::kVector;
    in.d = s.dest(in.mode[1] ? to.parts[0] : to, Type::kB32);
    if (in.mode[1]) s.append(s.dest(to.parts[1], Type::kPred), in);
    in.a = s.source(1, Type::kB32), in.b = s.source(2, Type::kB32), in.c = s.source(3, Type::kB32);
    in.target = s.source(4, Type::kB32);
    in.run = shuffle;
  } else if (n == "vote") {
    in.mode[0] = static_cast<u8>(s.which({"all", "any", "uni", "ballot"}));
    in.d = s.dest(0, s.type());
    in.a = s.source(1, Type::kPred), in.mode[1] = s.operand(1).negated;
    in.target = s.source(2, Type::kB32);
    in.run = vote;
  } else if (n == "match") {
    const bool all = s.which({"any", "all"}) == 1, wide = bytes_of(s.type()) == 8;
    const Operand& to = s.operand(0);
    in.mode[1] = to.kind == Operand::Kind::kVector;
    in.d = s.dest(in.mode[1] ? to.parts[0] : to, Type::kB32);
    if (in.mode[1]) s.append(s.dest(to.parts[1], Type::kPred), in);
    in.a = s.source(1, wide ? Type::kB64 : Type::kB32), in.target = s.source(2, Type::kB32);
    in.run = all ? (wide ? match_all<u64> : match_all<u32>) : (wide ? match_any<u64> : match_any<u32>);
  } else {
    in.mode[0] = static_cast<u8>(s.which({"add", "min", "max", "and", "or", "xor"}));
    const Type t = s.type();
    in.d = s.dest(0, t), in.a = s.source(1, t), in.target = s.source(2, Type::kB32);
    in.run = t == Type::kS32 ? reduce<s32> : reduce<u32>;
  }
  return true;
}

}  // namespace

bool decode_collective(Decoding& s, Instruction& in) {
  const std::string_view n = s.name();
  if (n == "bra") {
    s.has("uni");
    in.flow = Flow::kBranch;
    return true;
  }
  if (n == "ret" || n == "exit") {
    s.has("uni");
    in.flow = Flow::kExit;
    return true;
  }
  if (n == "bar" || n == "barrier") return decode_barrier(s, in);
  if (n == "shfl" || n == "vote" || n == "match" || n == "redux") return decode_with_members(s, in);
  if (n == "activemask") {
    s.type();
    in.d = s.dest(0, Type::kB32);
    in.run = active_mask;
    return true;
  }
  if (n == "trap" || n == "brkpt") {
    in.run = trap;
    return true;
  }
  if (n == "elect") {  // elect.sync d|p, members: the lowest lane
    s.has("sync");
    const Operand& to = s.operand(0);
    in.flow = Flow::kCollective;
    in.d = s.dest(to.parts.at(0), Type::kB32), in.a = s.dest(to.parts.at(1), Type::kPred);
    in.target = s.source(1, Type::kB32);
    in.run = elect;
    return true;
  }
  return false;
}

}  // namespace gan::ptx
