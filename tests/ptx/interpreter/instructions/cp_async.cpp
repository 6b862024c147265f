// cp.async: copies of 4, 8 or 16 bytes a thread. They land as late as the rules allow; until then their destination is
// NaN. They belong to the generic proxy.

#include <cstring>

#include "tests/ptx/interpreter/instructions/async.h"

namespace gan::ptx {
namespace {

enum CopyMode { kBytes, kHasSize, kIgnore };

void report_one(Warp& warp, const Instruction& in, AccessKind kind, int lane, const std::byte* at, u32 bytes) {
  if (warp.watched == nullptr) return;
  u64 host[kLanes];
  host[lane] = reinterpret_cast<u64>(at);
  warp.report(in, kind, Proxy::kGeneric, Mask{1} << lane, host, bytes);
}

void copy_async(Warp& warp, const Instruction& in, Mask m) {
  for (; m != 0; m &= m - 1) {
    const int i = __builtin_ctz(m);
    const u32 bytes = in.mode[kBytes];
    u32 read = bytes;
    if (in.mode[kHasSize]) read = warp.src<u32>(in.b)[i];
    if (in.mode[kIgnore] && (warp.pred(in.b) >> i & 1)) read = 0;
    if (read > bytes)
      warp.fault(in, i, Fault::Kind::kUndefined,
                 "cp.async with a source of " + std::to_string(read) + " bytes for " + std::to_string(bytes));
    const u64 to = address_at(warp, in, 0, i), from = address_at(warp, in, 3, i);
    std::byte* destination = warp.at(in, i, Space::kShared, to, bytes, true);
    std::memset(destination, 0xff, bytes);
    report_one(warp, in, AccessKind::kWrite, i, destination, bytes);
    if (from % bytes != 0)
      warp.fault(
          in, i, Fault::Kind::kMisaligned,
          "cp.async from an address that is " + std::to_string(from % bytes) + " modulo " + std::to_string(bytes));
    if (read > 0) report_one(warp, in, AccessKind::kRead, i, warp.at_global(in, i, from, read, false), read);
    warp.copies.push_back(
        {static_cast<u32>(to), from, static_cast<u8>(bytes), static_cast<u8>(read), static_cast<u8>(i), kNone, &in});
  }
}

/// Lands the copies of the lanes of `m` for which `due` holds.
template <class Due>
void land(Warp& warp, Mask m, Due due) {
  std::size_t kept = 0;
  for (const AsyncCopy& c : warp.copies) {
    if (!(m >> c.lane & 1) || !due(c)) {
      warp.copies[kept++] = c;
      continue;
    }
    std::byte* to = warp.at(*c.in, c.lane, Space::kShared, c.to, c.bytes, true);
    std::memset(to, 0, c.bytes);
    if (c.read > 0) std::memcpy(to, warp.at_global(*c.in, c.lane, c.from, c.read, false), c.read);
    report_one(warp, *c.in, AccessKind::kWrite, c.lane, to, c.bytes);
  }
  warp.copies.resize(kept);
}

void commit(Warp& warp, const Instruction&, Mask m) {
  for (AsyncCopy& c : warp.copies)
    if ((m >> c.lane & 1) && c.group == kNone) c.group = warp.committed[c.lane];
  for_lanes(m, [&](int i) { ++warp.committed[static_cast<std::size_t>(i)]; });
}

void wait_group(Warp& warp, const Instruction& in, Mask m) {
  land(warp, m, [&](const AsyncCopy& c) { return c.group != kNone && c.group + in.target < warp.committed[c.lane]; });
}

void wait_all(Warp& warp, const Instruction&, Mask m) {
  land(warp, m, [](const AsyncCopy&) { return true; });
}

void arrive_after_copies(Warp& warp, const Instruction& in, Mask m) {
  for (Mask l = m; l != 0; l &= l - 1) {
    const int i = __builtin_ctz(l);
    land(warp, l & -l, [](const AsyncCopy&) { return true; });
    Mbarrier& b = barrier_at(warp, in, i, shared_place(warp, in, i, address_at(warp, in, 0, i)));
    if (!in.mode[0]) ++b.pending;  // without .noinc the arrival is not one of the expected
    arrive_at(warp, in, i, b, 1);
  }
}

bool decode_copy(Decoding& s, Instruction& in) {
  s.accept({"shared", "shared::cta", "global", "ca", "cg", "L2::64B", "L2::128B", "L2::256B", "L2::cache_hint"});
  address_operand(s, s.operand(0), in), address_operand(s, s.operand(1), in);
  in.mode[kBytes] = static_cast<u8>(s.operand(2).number);
  if (in.mode[kBytes] != 4 && in.mode[kBytes] != 8 && in.mode[kBytes] != 16) s.fail("cp.async copies 4, 8 or 16 bytes");
  if (s.operands().size() > 3) {
    const bool predicate = s.operand(3).kind == Operand::Kind::kRegister && s.operand(3).width == Width::kPredicate;
    in.mode[kIgnore] = predicate, in.mode[kHasSize] = !predicate;
    in.b = s.source(3, predicate ? Type::kPred : Type::kU32);
  }
  in.run = copy_async;
  return true;
}

}  // namespace

bool decode_cp_async(Decoding& s, Instruction& in) {
  if (s.name() != "cp" || !s.has("async")) return false;
  if (s.has("mbarrier")) {
    s.accept({"arrive", "shared", "shared::cta", "b64"});
    in.mode[0] = s.has("noinc");
    address_operand(s, s.operand(0), in);
    in.run = arrive_after_copies;
    return true;
  }
  if (s.has("commit_group")) return in.run = commit, true;
  if (s.has("wait_all")) return in.run = wait_all, true;
  if (s.has("wait_group")) {
    in.target = static_cast<u32>(s.operand(0).number);
    in.run = wait_group;
    return true;
  }
  return decode_copy(s, in);
}

}  // namespace gan::ptx
