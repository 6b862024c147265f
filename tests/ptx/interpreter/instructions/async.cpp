// cp.async, mbarrier, bulk copies and TMA. Copies land as late as the rules allow; until then their destination is NaN.

#include "tests/ptx/interpreter/instructions/async.h"

#include <algorithm>
#include <cstring>

#include "tests/ptx/interpreter/instructions/handlers.h"
#include "tests/ptx/interpreter/instructions/tensor_map.h"

namespace gan::ptx {

struct AsyncState {
  std::map<u32, Mbarrier> barriers;
  std::vector<BulkCopy> copies;
  std::map<u32, u32> groups;  ///< bulk groups committed, by thread
};

void DeleteAsyncState::operator()(AsyncState* s) const { delete s; }

void check_nothing_under_way(const Block& block) {
  if (!block.async) return;
  const auto fail = [&](const std::string& what) {
    block.warps[0].fault(block.program->code.back(), -1, Fault::Kind::kUndefined, "the block ends while " + what);
  };
  if (!block.async->copies.empty()) fail(std::to_string(block.async->copies.size()) + " bulk copies are under way");
  for (const auto& [address, b] : block.async->barriers)
    if (b.tx != 0)
      fail("the mbarrier at " + std::to_string(address - kSharedStart) + " expects " + std::to_string(b.tx) + " bytes");
}

namespace {

constexpr u64 kBarrierPattern = 0x7262'6d20'7865'7470;  // what a live barrier's 8 bytes look like here
constexpr u32 kMostArrivals = (1u << 20) - 1;

u32 further(const Warp& warp, const Instruction& in, u32 i) { return warp.program->operands[in.extra + i]; }

/// An address operand decoded by address_operand: reference, width flag and displacement as three further operands.
u64 address_at(const Warp& warp, const Instruction& in, u32 i, int lane) {
  const u32 ref = further(warp, in, i);
  const u64 base = further(warp, in, i + 1) ? u64{warp.src<u32>(ref)[lane]} : warp.src<u64>(ref)[lane];
  return base + static_cast<u64>(static_cast<s64>(static_cast<s32>(further(warp, in, i + 2))));
}

void address_operand(Decoding& s, const Operand& o, Instruction& in) {
  Instruction part;
  s.address(o, part);
  s.append(part.a, in), s.append(part.mode[5], in), s.append(static_cast<u32>(part.offset), in);
}

u32 shared_address(u64 address) {
  return static_cast<u32>(address >= kSharedWindow ? address - kSharedWindow : address);
}

AsyncState& state(Warp& warp) {
  if (!warp.block->async) warp.block->async.reset(new AsyncState);
  return *warp.block->async;
}

// ---- cp.async ----

enum CopyMode { kBytes, kHasSize, kIgnore };

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
    const u64 to = shared_address(address_at(warp, in, 0, i)), from = address_at(warp, in, 3, i);
    std::memset(warp.at(in, i, Space::kShared, to, bytes, true), 0xff, bytes);
    if (from % bytes != 0)
      warp.fault(
          in, i, Fault::Kind::kMisaligned,
          "cp.async from an address that is " + std::to_string(from % bytes) + " modulo " + std::to_string(bytes));
    if (read > 0) warp.at_global(in, i, from, read, false);
    warp.copies.push_back(
        {static_cast<u32>(to), from, static_cast<u8>(bytes), static_cast<u8>(read), static_cast<u8>(i), kNone});
  }
}

/// Lands the copies of the lanes of `m` for which `due` holds.
template <class Due>
void land(Warp& warp, const Instruction& in, Mask m, Due due) {
  std::size_t kept = 0;
  for (AsyncCopy& c : warp.copies) {
    if (!(m >> c.lane & 1) || !due(c)) {
      warp.copies[kept++] = c;
      continue;
    }
    std::byte* to = warp.at(in, c.lane, Space::kShared, c.to, c.bytes, true);
    std::memset(to, 0, c.bytes);
    if (c.read > 0) std::memcpy(to, warp.at_global(in, c.lane, c.from, c.read, false), c.read);
  }
  warp.copies.resize(kept);
}

void commit(Warp& warp, const Instruction&, Mask m) {
  for (AsyncCopy& c : warp.copies)
    if ((m >> c.lane & 1) && c.group == kNone) c.group = warp.committed[c.lane];
  for_lanes(m, [&](int i) { ++warp.committed[static_cast<std::size_t>(i)]; });
}

void wait_group(Warp& warp, const Instruction& in, Mask m) {
  land(warp, in, m,
       [&](const AsyncCopy& c) { return c.group != kNone && c.group + in.target < warp.committed[c.lane]; });
}

void wait_all(Warp& warp, const Instruction& in, Mask m) {
  land(warp, in, m, [](const AsyncCopy&) { return true; });
}

// ---- mbarrier ----

Mbarrier& barrier_at(Warp& warp, const Instruction& in, int lane, u32 address) {
  std::byte* p = warp.at(in, lane, Space::kShared, address, 8, true);
  auto& all = state(warp).barriers;
  const auto found = all.find(address);
  if (found == all.end()) warp.fault(in, lane, Fault::Kind::kUndefined, "an mbarrier that was not initialised");
  if (std::memcmp(p, &kBarrierPattern, 8) != 0)
    warp.fault(in, lane, Fault::Kind::kUndefined, "an mbarrier that ordinary stores have overwritten");
  return found->second;
}

void complete_if_due(Mbarrier& b) {
  if (b.pending == 0 && b.tx == 0) ++b.phase, b.pending = b.expected;
}

void arrive(Warp& warp, const Instruction& in, int lane, Mbarrier& b, u32 count) {
  if (count == 0 || count > b.pending)
    warp.fault(in, lane, Fault::Kind::kUndefined,
               std::to_string(count) + " arrivals at an mbarrier that waits for " + std::to_string(b.pending));
  b.pending -= count;
  complete_if_due(b);
}

void change_tx(Warp& warp, const Instruction& in, int lane, Mbarrier& b, s64 by) {
  b.tx += by;
  if (std::abs(b.tx) > kMostArrivals)
    warp.fault(in, lane, Fault::Kind::kUndefined, "an mbarrier's tx-count leaves its range");
}

/// Copies that complete on this barrier land now: somebody looks.
void land_bulk(Warp& warp, const Instruction& in, int lane, u32 address) {
  AsyncState& s = state(warp);
  for (std::size_t i = 0; i < s.copies.size();) {
    if (s.copies[i].barrier != address) {
      ++i;
      continue;
    }
    const BulkCopy c = std::move(s.copies[i]);
    s.copies.erase(s.copies.begin() + static_cast<std::ptrdiff_t>(i));
    c.land();
    Mbarrier& b = barrier_at(warp, in, lane, address);
    change_tx(warp, in, lane, b, -s64{c.bytes});
    complete_if_due(b);
  }
}

enum class BarrierOp : u8 { kInit, kInval, kArrive, kArriveExpect, kExpect, kComplete, kTest, kTestParity };

void mbarrier(Warp& warp, const Instruction& in, Mask m) {
  const auto op = static_cast<BarrierOp>(in.mode[0]);
  Mask passed = 0;
  for (Mask l = m; l != 0; l &= l - 1) {
    const int i = __builtin_ctz(l);
    const u32 address = shared_address(address_at(warp, in, 0, i));
    const u32 value = in.b == kNone ? 1 : warp.src<u32>(in.b)[i];
    if (op == BarrierOp::kInit) {
      if (value == 0 || value > kMostArrivals)
        warp.fault(in, i, Fault::Kind::kUndefined, "an mbarrier for " + std::to_string(value) + " arrivals");
      if (!state(warp).barriers.try_emplace(address, Mbarrier{value, value, 0, 0}).second)
        warp.fault(in, i, Fault::Kind::kUndefined, "a live mbarrier is initialised again");
      std::memcpy(warp.at(in, i, Space::kShared, address, 8, true), &kBarrierPattern, 8);
      continue;
    }
    Mbarrier& b = barrier_at(warp, in, i, address);
    if ((op == BarrierOp::kArrive || op == BarrierOp::kArriveExpect) && in.d != kNone) warp.reg<u64>(in.d)[i] = b.phase;
    switch (op) {
      case BarrierOp::kInval:
        state(warp).barriers.erase(address), std::memset(warp.at(in, i, Space::kShared, address, 8, true), 0xff, 8);
        break;
      case BarrierOp::kArrive: arrive(warp, in, i, b, value); break;
      case BarrierOp::kArriveExpect: change_tx(warp, in, i, b, value), arrive(warp, in, i, b, 1); break;
      case BarrierOp::kExpect: change_tx(warp, in, i, b, value); break;
      case BarrierOp::kComplete: change_tx(warp, in, i, b, -s64{value}), complete_if_due(b); break;
      default: {
        land_bulk(warp, in, i, address);
        const bool done =
            op == BarrierOp::kTestParity ? (b.phase & 1) != (value & 1) : b.phase != warp.src<u64>(in.c)[i];
        passed |= Mask{done} << i;
      }
    }
  }
  if (op != BarrierOp::kTest && op != BarrierOp::kTestParity) return;
  warp.set_pred(in.d, passed, m);
  if (passed != m) warp.retry = true;
}

void arrive_after_copies(Warp& warp, const Instruction& in, Mask m) {
  for (Mask l = m; l != 0; l &= l - 1) {
    const int i = __builtin_ctz(l);
    const u32 address = shared_address(address_at(warp, in, 0, i));
    land(warp, in, l & -l, [](const AsyncCopy&) { return true; });
    Mbarrier& b = barrier_at(warp, in, i, address);
    if (!in.mode[0]) ++b.pending;  // without .noinc the arrival is not one of the expected
    arrive(warp, in, i, b, 1);
  }
}

// ---- bulk copies ----

u32 thread_of(const Warp& warp, int lane) { return warp.index * kLanes + static_cast<u32>(lane); }

enum BulkMode { kToShared, kRank };

void start(Warp& warp, int lane, bool to_shared, u32 barrier, u32 bytes, std::function<void()> copy) {
  state(warp).copies.push_back({to_shared ? barrier : kNone, bytes, std::move(copy), thread_of(warp, lane), kNone});
}

void bulk(Warp& warp, const Instruction& in, Mask m) {
  for (; m != 0; m &= m - 1) {
    const int i = __builtin_ctz(m);
    const bool to_shared = in.mode[kToShared];
    const u32 bytes = warp.src<u32>(in.b)[i];
    const u64 to = address_at(warp, in, 0, i), from = address_at(warp, in, 3, i);
    if (bytes % 16 != 0)
      warp.fault(in, i, Fault::Kind::kUndefined,
                 "a bulk copy of " + std::to_string(bytes) + " bytes, not a multiple of 16");
    if (to % 16 != 0 || from % 16 != 0)
      warp.fault(in, i, Fault::Kind::kMisaligned, "a bulk copy at an address that is no multiple of 16");
    if (bytes == 0) continue;
    std::byte* shared = nullptr;
    for (u32 at = 0; at < bytes; at += 16) {
      std::byte* p = warp.at(in, i, Space::kShared, shared_address(to_shared ? to : from) + at, 16, to_shared);
      if (at == 0) shared = p;
    }
    std::byte* global = warp.at_global(in, i, to_shared ? from : to, bytes, !to_shared);
    if (to_shared) std::memset(shared, 0xff, bytes);
    const u32 barrier = to_shared ? shared_address(address_at(warp, in, 6, i)) : kNone;
    if (to_shared) barrier_at(warp, in, i, barrier);
    start(warp, i, to_shared, barrier, bytes,
          [=] { to_shared ? std::memcpy(shared, global, bytes) : std::memcpy(global, shared, bytes); });
  }
}

/// Calls f(byte offset in the unswizzled tile, address of the element or 0 outside) for each element of the box.
template <class F>
void for_box(const TensorMap& map, const s32* corner, F f) {
  u32 volume = 1;
  for (u32 d = 0; d < map.rank; ++d) volume *= map.box[d];
  for (u32 n = 0; n < volume; ++n) {
    u64 address = map.base;
    bool inside = true;
    u32 rest = n;
    for (u32 d = 0; d < map.rank; ++d) {
      const s64 x = s64{corner[d]} + s64{rest % map.box[d]};
      rest /= map.box[d];
      inside &= x >= 0 && x < static_cast<s64>(map.sizes[d]);
      address += static_cast<u64>(x) * (d == 0 ? map.element_bytes : map.strides[d - 1]);
    }
    f(n * map.element_bytes, inside ? address : 0);
  }
}

void tensor(Warp& warp, const Instruction& in, Mask m) {
  const bool to_shared = in.mode[kToShared];
  for (; m != 0; m &= m - 1) {
    const int i = __builtin_ctz(m);
    u32 k = 0;
    const u32 shared = shared_address(address_at(warp, in, k, i));
    const u64 at_map = address_at(warp, in, k += 3, i);
    const u32 barrier = to_shared ? shared_address(address_at(warp, in, k += 3, i)) : kNone;
    k += 3;
    TensorMap map;
    if (at_map % 64 != 0) warp.fault(in, i, Fault::Kind::kMisaligned, "a tensor map that is not aligned to 64 bytes");
    std::memcpy(static_cast<void*>(&map), warp.at(in, i, Space::kGeneric, at_map, 64, false), 64);
    std::memcpy(reinterpret_cast<std::byte*>(&map) + 64, warp.at(in, i, Space::kGeneric, at_map + 64, 64, false), 64);
    if (map.magic != TensorMap::kMagic || map.rank != in.mode[kRank])
      warp.fault(in, i, Fault::Kind::kUndefined, "not a tensor map of this rank");
    s32 corner[5] = {};
    for (u32 d = 0; d < map.rank; ++d) corner[d] = warp.src<s32>(further(warp, in, k + d))[i];
    u32 bytes = map.element_bytes;
    for (u32 d = 0; d < map.rank; ++d) bytes *= map.box[d];
    if (shared % 128 != 0)
      warp.fault(in, i, Fault::Kind::kMisaligned, "a tile in shared memory that is not aligned to 128 bytes");
    std::byte* tile = warp.block->shared;
    for (u32 at = 0; at < bytes; at += 16) {
      std::byte* p = warp.at(in, i, Space::kShared, shared + at, 16, to_shared);
      if (to_shared) std::memset(p, 0xff, 16);
    }
    if (to_shared) barrier_at(warp, in, i, barrier);
    Warp* const started_by = &warp;
    start(warp, i, to_shared, barrier, bytes, [=, in_at = &in] {
      for_box(map, corner, [&](u32 offset, u64 address) {
        std::byte* cell = tile + (swizzled(shared + offset, map.swizzle) - kSharedStart);
        if (address != 0) started_by->at(*in_at, i, Space::kGlobal, address, map.element_bytes, !to_shared);
        if (!to_shared) {
          if (address != 0) std::memcpy(reinterpret_cast<void*>(address), cell, map.element_bytes);
        } else if (address != 0) {
          std::memcpy(cell, reinterpret_cast<void*>(address), map.element_bytes);
        } else {
          std::memset(cell, map.fill_nan ? 0xff : 0, map.element_bytes);
        }
      });
    });
  }
}

void bulk_commit(Warp& warp, const Instruction&, Mask m) {
  AsyncState& s = state(warp);
  for_lanes(m, [&](int i) {
    const u32 thread = thread_of(warp, i), group = s.groups[thread]++;
    for (BulkCopy& c : s.copies)
      if (c.thread == thread && c.barrier == kNone && c.group == kNone) c.group = group;
  });
}

void bulk_wait(Warp& warp, const Instruction& in, Mask m) {
  AsyncState& s = state(warp);
  for_lanes(m, [&](int i) {
    const u32 thread = thread_of(warp, i);
    std::vector<BulkCopy> kept;
    for (BulkCopy& c : s.copies) {
      if (c.thread == thread && c.group != kNone && c.group + in.target < s.groups[thread]) c.land();
      else kept.push_back(std::move(c));
    }
    s.copies = std::move(kept);
  });
}

bool decode_copy(Decoding& s, Instruction& in) {
  for (const char* ignored :
       {"shared", "shared::cta", "global", "ca", "cg", "L2::64B", "L2::128B", "L2::256B", "L2::cache_hint"})
    s.has(ignored);
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

bool decode_bulk(Decoding& s, Instruction& in) {
  if (s.has("commit_group")) return in.run = bulk_commit, true;
  if (s.has("wait_group")) {
    s.has("read");
    in.target = static_cast<u32>(s.operand(0).number);
    in.run = bulk_wait;
    return true;
  }
  const bool is_tensor = s.has("tensor");
  in.mode[kToShared] = s.has("mbarrier::complete_tx::bytes");
  s.has("shared::cluster"), s.has("shared::cta"), s.has("global"), s.has("tile"), s.has("bulk_group"),
      s.has("L2::cache_hint");
  if (s.has("multicast::cluster") || s.has("im2col")) s.fail("multicast and im2col are not covered");
  if (!is_tensor) {
    address_operand(s, s.operand(0), in), address_operand(s, s.operand(1), in);
    in.b = s.source(2, Type::kU32);
    if (in.mode[kToShared]) address_operand(s, s.operand(3), in);
    in.run = bulk;
    return true;
  }
  in.mode[kRank] = static_cast<u8>(s.which({"1d", "2d", "3d", "4d", "5d"}) + 1);
  const Operand& map = s.operand(in.mode[kToShared] ? 1 : 0);
  address_operand(s, s.operand(in.mode[kToShared] ? 0 : 1), in), address_operand(s, map, in);
  if (in.mode[kToShared]) address_operand(s, s.operand(2), in);
  if (map.parts.size() != 2 || map.parts[1].parts.size() != in.mode[kRank]) s.fail("wrong number of coordinates");
  for (const Operand& c : map.parts[1].parts) s.append(s.source(c, Type::kS32), in);
  in.run = tensor;
  return true;
}

bool decode_mbarrier(Decoding& s, Instruction& in) {
  for (const char* ignored :
       {"shared", "shared::cta", "shared::cluster", "release", "acquire", "relaxed", "cta", "cluster", "b64"})
    s.has(ignored);
  const bool expect = s.has("expect_tx"), arrives = s.has("arrive");
  in.b = in.d = kNone;
  std::size_t at = 0;
  if (s.has("init") || s.has("inval")) {
    in.mode[0] = static_cast<u8>(s.has("init") ? BarrierOp::kInit : BarrierOp::kInval);
  } else if (s.has("test_wait") || s.has("try_wait")) {
    const bool parity = s.has("parity");
    in.mode[0] = static_cast<u8>(parity ? BarrierOp::kTestParity : BarrierOp::kTest);
    in.flow = Flow::kRetry;
    in.d = s.dest(0, Type::kPred);
    address_operand(s, s.operand(1), in);
    if (parity) in.b = s.source(2, Type::kU32);
    else in.c = s.source(2, Type::kB64);
    in.run = mbarrier;
    return true;
  } else if (arrives) {
    in.mode[0] = static_cast<u8>(expect ? BarrierOp::kArriveExpect : BarrierOp::kArrive);
    if (s.operand(0).kind != Operand::Kind::kAddress) {
      if (s.operand(0).kind == Operand::Kind::kRegister) in.d = s.dest(0, Type::kB64);
      at = 1;
    }
  } else if (expect) {
    in.mode[0] = static_cast<u8>(BarrierOp::kExpect);
  } else if (s.has("complete_tx")) {
    in.mode[0] = static_cast<u8>(BarrierOp::kComplete);
  } else {
    s.fail("not covered");
  }
  address_operand(s, s.operand(at), in);
  if (s.operands().size() > at + 1) in.b = s.source(at + 1, Type::kU32);
  in.run = mbarrier;
  return true;
}

}  // namespace

bool decode_async(Decoding& s, Instruction& in) {
  if (s.name() == "mbarrier") return decode_mbarrier(s, in);
  if (s.name() != "cp") return false;
  if (!s.has("async")) s.fail("not covered");
  if (s.has("bulk")) return decode_bulk(s, in);
  if (s.has("mbarrier")) {
    s.has("arrive"), s.has("shared"), s.has("shared::cta"), s.has("b64");
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
