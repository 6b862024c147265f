// mbarriers: arrivals and bytes that complete a phase.

#include <cstdlib>
#include <cstring>

#include "tests/ptx/interpreter/instructions/async.h"

namespace gan::ptx {
namespace {

constexpr u64 kBarrierPattern = 0x7262'6d20'7865'7470;  // what a live barrier's 8 bytes look like here
constexpr u32 kMostArrivals = (1u << 20) - 1;

std::byte* bytes_at(Warp& warp, const Instruction& in, int lane, const SharedPlace& place) {
  const u64 rank = place.block == warp.block ? 0 : place.block->rank + 1;
  return warp.at(in, lane, Space::kShared, rank * kWindowBytes + place.address, 8, true);
}

enum class BarrierOp : u8 { kInit, kInval, kArrive, kArriveExpect, kExpect, kComplete, kTest, kTestParity };

void initialise(Warp& warp, const Instruction& in, int lane, const SharedPlace& place, u32 arrivals) {
  if (arrivals == 0 || arrivals > kMostArrivals)
    warp.fault(in, lane, Fault::Kind::kUndefined, "an mbarrier for " + std::to_string(arrivals) + " arrivals");
  Mbarrier fresh;
  fresh.expected = fresh.pending = arrivals;
  if (const RaceDetector* races = warp.block->cluster->races)
    fresh.initialised_by = races->thread_of(warp, lane), fresh.initialised = races->now();
  if (!async_state(*place.block).barriers.try_emplace(place.address, fresh).second)
    warp.fault(in, lane, Fault::Kind::kUndefined, "a live mbarrier is initialised again");
  std::memcpy(bytes_at(warp, in, lane, place), &kBarrierPattern, 8);
}

/// Whether the wait is over; who passes knows what those know who arrived.
bool passes(Warp& warp, const Instruction& in, int lane, const SharedPlace& place, u64 awaited) {
  land_bulk(warp, in, lane, place);
  const Mbarrier& b = barrier_at(warp, in, lane, place);
  const bool by_parity = static_cast<BarrierOp>(in.mode[0]) == BarrierOp::kTestParity;
  const bool done = by_parity ? (b.phase & 1) != (awaited & 1) : b.phase != awaited;
  RaceDetector* races = warp.block->cluster->races;
  if (done && races != nullptr) races->acquire(b.completed, races->thread_of(warp, lane));
  return done;
}

void mbarrier(Warp& warp, const Instruction& in, Mask m) {
  const auto op = static_cast<BarrierOp>(in.mode[0]);
  Mask passed = 0;
  for (Mask l = m; l != 0; l &= l - 1) {
    const int i = __builtin_ctz(l);
    const SharedPlace place = shared_place(warp, in, i, address_at(warp, in, 0, i));
    const u32 value = in.b == kNone ? 1 : warp.src<u32>(in.b)[i];
    if (op == BarrierOp::kInit) {
      initialise(warp, in, i, place, value);
      continue;
    }
    Mbarrier& b = barrier_at(warp, in, i, place);
    const bool arrives = op == BarrierOp::kArrive || op == BarrierOp::kArriveExpect;
    if (arrives && in.d != kNone) warp.reg<u64>(in.d)[i] = b.phase;
    switch (op) {
      case BarrierOp::kInval:
        std::memset(bytes_at(warp, in, i, place), 0xff, 8);
        async_state(*place.block).barriers.erase(place.address);
        break;
      case BarrierOp::kArrive: arrive_at(warp, in, i, b, value); break;
      case BarrierOp::kArriveExpect: change_tx(warp, in, i, b, value), arrive_at(warp, in, i, b, 1); break;
      case BarrierOp::kExpect: change_tx(warp, in, i, b, value); break;
      case BarrierOp::kComplete: change_tx(warp, in, i, b, -s64{value}), complete_if_due(b); break;
      default:
        passed |= Mask{passes(warp, in, i, place, op == BarrierOp::kTestParity ? value : warp.src<u64>(in.c)[i])} << i;
    }
  }
  if (op != BarrierOp::kTest && op != BarrierOp::kTestParity) return;
  warp.set_pred(in.d, passed, m);
  if (passed != m) warp.retry = true;
}

}  // namespace

Mbarrier& barrier_at(Warp& warp, const Instruction& in, int lane, const SharedPlace& place) {
  const std::byte* p = bytes_at(warp, in, lane, place);
  auto& all = async_state(*place.block).barriers;
  const auto found = all.find(place.address);
  if (found == all.end()) warp.fault(in, lane, Fault::Kind::kUndefined, "an mbarrier that was not initialised");
  if (std::memcmp(p, &kBarrierPattern, 8) != 0)
    warp.fault(in, lane, Fault::Kind::kUndefined, "an mbarrier that ordinary stores have overwritten");
  const Mbarrier& b = found->second;
  const RaceDetector* races = warp.block->cluster->races;
  if (races != nullptr && !races->knows_of(races->thread_of(warp, lane), b.initialised_by, b.initialised))
    warp.fault(in, lane, Fault::Kind::kRace, "an mbarrier whose initialisation nothing orders before its use");
  return found->second;
}

void announce_barriers(Block& block) {
  for (auto& [address, barrier] : async_state(block).barriers) barrier.announced = true;
}

void complete_if_due(Mbarrier& b) {
  if (b.pending != 0 || b.tx != 0) return;
  ++b.phase, b.pending = b.expected;
  b.completed = std::move(b.current);
  b.current = {};
}

void arrive_at(Warp& warp, const Instruction& in, int lane, Mbarrier& b, u32 count) {
  if (count == 0 || count > b.pending)
    warp.fault(in, lane, Fault::Kind::kUndefined,
               std::to_string(count) + " arrivals at an mbarrier that waits for " + std::to_string(b.pending));
  if (RaceDetector* races = warp.block->cluster->races) races->release(b.current, races->thread_of(warp, lane));
  b.pending -= count;
  complete_if_due(b);
}

void change_tx(Warp& warp, const Instruction& in, int lane, Mbarrier& b, s64 by) {
  b.tx += by;
  if (std::abs(b.tx) > kMostArrivals)
    warp.fault(in, lane, Fault::Kind::kUndefined, "an mbarrier's tx-count leaves its range");
}

void land_bulk(Warp& warp, const Instruction& in, int lane, const SharedPlace& place) {
  std::vector<BulkCopy>& copies = async_state(*place.block).copies;
  RaceDetector* races = warp.block->cluster->races;
  for (std::size_t i = 0; i < copies.size();) {
    if (copies[i].barrier != place.address) {
      ++i;
      continue;
    }
    const BulkCopy copy = std::move(copies[i]);
    copies.erase(copies.begin() + static_cast<std::ptrdiff_t>(i));
    copy.land();
    Mbarrier& b = barrier_at(warp, in, lane, place);
    if (races != nullptr) races->landed(b.current);
    change_tx(warp, in, lane, b, -s64{copy.bytes});
    complete_if_due(b);
  }
}

bool decode_mbarrier(Decoding& s, Instruction& in) {
  if (s.name() != "mbarrier") return false;
  s.accept({"shared", "shared::cta", "shared::cluster", "release", "acquire", "relaxed", "cta", "cluster", "b64"});
  const bool expect = s.has("expect_tx"), arrives = s.has("arrive");
  in.b = in.d = kNone;
  in.run = mbarrier;
  std::size_t at = 0;
  if (s.has("test_wait") || s.has("try_wait")) {
    const bool parity = s.has("parity");
    in.mode[0] = static_cast<u8>(parity ? BarrierOp::kTestParity : BarrierOp::kTest);
    in.flow = Flow::kRetry;
    in.d = s.dest(0, Type::kPred);
    address_operand(s, s.operand(1), in);
    if (parity) in.b = s.source(2, Type::kU32);
    else in.c = s.source(2, Type::kB64);
    return true;
  }
  if (s.has("init") || s.has("inval")) {
    in.mode[0] = static_cast<u8>(s.has("init") ? BarrierOp::kInit : BarrierOp::kInval);
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
  return true;
}

}  // namespace gan::ptx
