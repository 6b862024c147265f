// cp.async.bulk and cp.async.bulk.tensor (TMA): copies by the asynchronous unit. They land as late as the rules allow;
// until then their destination in shared memory is NaN.

#include <array>
#include <cstring>

#include "tests/ptx/interpreter/instructions/async.h"
#include "tests/ptx/interpreter/instructions/tensor_map.h"

namespace gan::ptx {
namespace {

enum BulkMode { kToShared, kRank, kIm2col, kMulticast };

u32 thread_in_block(const Warp& warp, int lane) { return warp.index * kLanes + static_cast<u32>(lane); }

void report_bytes(Warp& warp, const Instruction& in, int lane, AccessKind kind, Proxy proxy, const void* host,
                  u32 bytes) {
  if (warp.watched == nullptr) return;
  u64 addresses[kLanes];
  addresses[lane] = reinterpret_cast<u64>(host);
  warp.report(in, kind, proxy, Mask{1} << lane, addresses, bytes);
}

/// Checks that `bytes` bytes of a block's shared memory are there; their host address.
std::byte* shared_bytes(Warp& warp, const Instruction& in, int lane, const SharedPlace& place, u32 bytes, bool write) {
  const u64 rank = place.block == warp.block ? 0 : place.block->rank + 1;
  std::byte* first = nullptr;
  for (u32 at = 0; at < bytes; at += 16) {
    std::byte* p = warp.at(in, lane, Space::kShared, rank * kWindowBytes + place.address + at, 16, write);
    if (at == 0) first = p;
  }
  return first;
}

/// Starts a copy into shared memory that completes on the mbarrier, or out of it that completes by groups.
void start(Warp& warp, const Instruction& in, int lane, const SharedPlace& shared, const SharedPlace& barrier,
           u32 bytes, std::function<void()> copy) {
  const bool to_shared = in.mode[kToShared];
  std::byte* tile = shared_bytes(warp, in, lane, shared, bytes, to_shared);
  if (to_shared) std::memset(tile, 0xff, bytes);
  report_bytes(warp, in, lane, to_shared ? AccessKind::kWrite : AccessKind::kRead, Proxy::kAsync, tile, bytes);
  if (to_shared) {
    if (barrier.block != shared.block)
      warp.fault(in, lane, Fault::Kind::kUndefined, "the copy and its mbarrier are in different blocks");
    if (!barrier_at(warp, in, lane, barrier).announced)
      warp.fault(in, lane, Fault::Kind::kUndefined,
                 "no fence.mbarrier_init between mbarrier.init and the copy that completes on it");
  }
  async_state(*(to_shared ? shared.block : warp.block))
      .copies.push_back({.barrier = to_shared ? barrier.address : kNone,
                         .bytes = bytes,
                         .land = std::move(copy),
                         .thread = thread_in_block(warp, lane),
                         .group = kNone});
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
    const SharedPlace shared = shared_place(warp, in, i, to_shared ? to : from);
    const SharedPlace barrier = to_shared ? shared_place(warp, in, i, address_at(warp, in, 6, i)) : SharedPlace{};
    std::byte* tile = shared_bytes(warp, in, i, shared, bytes, to_shared);
    std::byte* global = warp.at_global(in, i, to_shared ? from : to, bytes, !to_shared);
    report_bytes(warp, in, i, to_shared ? AccessKind::kRead : AccessKind::kWrite, Proxy::kGeneric, global, bytes);
    start(warp, in, i, shared, barrier, bytes,
          [=] { to_shared ? std::memcpy(tile, global, bytes) : std::memcpy(global, tile, bytes); });
  }
}

/// An element of a tile: where it lies in the unswizzled tile, and its global address or 0 outside the tensor.
struct Element {
  u32 offset = 0;
  u64 address = 0;
};

/// The address of the element at `x`, or 0 if it lies outside.
u64 element_address(const TensorMap& map, const std::array<s64, 5>& x) {
  u64 address = map.base;
  for (u32 d = 0; d < map.rank; ++d) {
    if (x[d] < 0 || x[d] >= s64{map.sizes[d]}) return 0;
    address += static_cast<u64>(x[d]) * (d == 0 ? map.element_bytes : map.strides[d - 1]);
  }
  return address;
}

u32 box_elements(const TensorMap& map) {
  if (map.im2col) return u32{map.box[0]} * map.box[1];
  u32 volume = 1;
  for (u32 d = 0; d < map.rank; ++d) volume *= map.box[d];
  return volume;
}

std::vector<Element> tiled_elements(const TensorMap& map, const std::array<s32, 5>& corner) {
  std::vector<Element> all(box_elements(map));
  for (u32 n = 0; n < all.size(); ++n) {
    std::array<s64, 5> x{};
    u32 rest = n;
    for (u32 d = 0; d < map.rank; ++d) {
      x[d] = s64{corner[d]} + rest % map.box[d];
      rest /= map.box[d];
    }
    all[n] = {n * map.element_bytes, element_address(map, x)};
  }
  return all;
}

/// Base pixels walk through the box between the corners, fastest along W; the offset of a filter tap shifts what is read
/// and not the walk.
std::vector<Element> im2col_elements(const TensorMap& map, const std::array<s32, 5>& start,
                                     const std::array<u16, 3>& tap) {
  std::vector<Element> all;
  const u32 spatial = map.rank - 2u;
  std::array<s64, 5> base{};
  for (u32 d = 0; d < map.rank; ++d) base[d] = start[d];
  for (u32 pixel = 0; pixel < map.box[1]; ++pixel) {
    std::array<s64, 5> x = base;
    for (u32 d = 0; d < spatial; ++d) x[d + 1] += tap[d];
    for (u32 channel = 0; channel < map.box[0]; ++channel) {
      x[0] = base[0] + channel;
      all.push_back({static_cast<u32>(all.size()) * map.element_bytes, element_address(map, x)});
    }
    u32 d = 0;
    for (; d < spatial; ++d) {
      base[d + 1] += map.element_strides[d + 1];
      if (base[d + 1] <= s64{map.sizes[d + 1]} - 1 + map.upper[d]) break;
      base[d + 1] = map.lower[d];
    }
    if (d == spatial) ++base[spatial + 1];
  }
  return all;
}

TensorMap read_map(Warp& warp, const Instruction& in, int lane, u64 address) {
  TensorMap map;
  if (address % 64 != 0) warp.fault(in, lane, Fault::Kind::kMisaligned, "a tensor map that is not aligned to 64 bytes");
  for (u32 half = 0; half < 2; ++half)
    std::memcpy(reinterpret_cast<std::byte*>(&map) + 64 * half,
                warp.at(in, lane, Space::kGeneric, address + 64 * half, 64, false), 64);
  if (map.magic != TensorMap::kMagic || map.rank != in.mode[kRank])
    warp.fault(in, lane, Fault::Kind::kUndefined, "not a tensor map of this rank");
  if (map.im2col != bool{in.mode[kIm2col] != 0})
    warp.fault(in, lane, Fault::Kind::kUndefined, "a tensor map of the other mode, tile or im2col");
  return map;
}

/// Moves the elements of one tile between the host addresses of `tile` (which is at `shared`) and global memory.
void move_tile(const TensorMap& map, const std::vector<Element>& elements, std::byte* tile, u32 shared,
               bool to_shared) {
  for (const Element& e : elements) {
    std::byte* cell = tile + swizzled(shared + e.offset, map.swizzle) - shared;
    auto* global = reinterpret_cast<std::byte*>(e.address);
    if (!to_shared) {
      if (global != nullptr) std::memcpy(global, cell, map.element_bytes);
    } else if (global != nullptr) {
      std::memcpy(cell, global, map.element_bytes);
    } else {
      std::memset(cell, map.fill_nan ? 0xff : 0, map.element_bytes);
    }
  }
}

void tensor(Warp& warp, const Instruction& in, Mask m) {
  const bool to_shared = in.mode[kToShared];
  for (; m != 0; m &= m - 1) {
    const int i = __builtin_ctz(m);
    const u64 shared_address = address_at(warp, in, 0, i);
    const TensorMap map = read_map(warp, in, i, address_at(warp, in, 3, i));
    const u64 barrier_address = to_shared ? address_at(warp, in, 6, i) : 0;
    u32 k = to_shared ? 9 : 6;
    std::array<s32, 5> corner{};
    for (u32 d = 0; d < map.rank; ++d) corner[d] = warp.src<s32>(further(warp, in, k++))[i];
    std::array<u16, 3> tap{};
    if (map.im2col)
      for (u32 d = 0; d + 2 < map.rank; ++d) tap[d] = warp.src<u16>(further(warp, in, k++))[i];
    const std::vector<Element> elements = map.im2col ? im2col_elements(map, corner, tap) : tiled_elements(map, corner);
    const u32 bytes = box_elements(map) * map.element_bytes;
    for (const Element& e : elements)
      if (e.address != 0)
        report_bytes(warp, in, i, to_shared ? AccessKind::kRead : AccessKind::kWrite, Proxy::kGeneric,
                     warp.at(in, i, Space::kGlobal, e.address, map.element_bytes, !to_shared), map.element_bytes);
    const SharedPlace own = shared_place(warp, in, i, shared_address);
    if (own.address % 128 != 0)
      warp.fault(in, i, Fault::Kind::kMisaligned, "a tile in shared memory that is not aligned to 128 bytes");
    u32 blocks = 1u << own.block->rank;
    if (in.mode[kMulticast]) blocks = warp.src<u16>(in.c)[i];
    if (blocks >> warp.block->cluster->blocks.size() != 0)
      warp.fault(in, i, Fault::Kind::kUndefined, "a multicast to blocks that the cluster does not have");
    for (; blocks != 0; blocks &= blocks - 1) {
      Block& block = warp.block->cluster->blocks[static_cast<std::size_t>(__builtin_ctz(blocks))];
      SharedPlace barrier{};
      if (to_shared) barrier = shared_place(warp, in, i, barrier_address);
      if (in.mode[kMulticast]) barrier.block = &block;
      const SharedPlace shared{&block, own.address};
      std::byte* tile = shared_bytes(warp, in, i, shared, bytes, to_shared);
      start(warp, in, i, shared, barrier, bytes, [=] { move_tile(map, elements, tile, own.address, to_shared); });
    }
  }
}

void bulk_commit(Warp& warp, const Instruction&, Mask m) {
  AsyncState& s = async_state(*warp.block);
  for_lanes(m, [&](int i) {
    const u32 thread = thread_in_block(warp, i), group = s.groups[thread]++;
    for (BulkCopy& c : s.copies)
      if (c.thread == thread && c.barrier == kNone && c.group == kNone) c.group = group;
  });
}

void bulk_wait(Warp& warp, const Instruction& in, Mask m) {
  AsyncState& s = async_state(*warp.block);
  for_lanes(m, [&](int i) {
    const u32 thread = thread_in_block(warp, i);
    std::vector<BulkCopy> kept;
    for (BulkCopy& c : s.copies) {
      if (c.thread == thread && c.group != kNone && c.group + in.target < s.groups[thread]) c.land();
      else kept.push_back(std::move(c));
    }
    s.copies = std::move(kept);
    if (RaceDetector* races = warp.block->cluster->races) races->landed_for(races->thread_of(warp, i));
  });
}

bool decode_tensor_copy(Decoding& s, Instruction& in) {
  const bool to_shared = in.mode[kToShared];
  in.mode[kRank] = static_cast<u8>(s.which({"1d", "2d", "3d", "4d", "5d"}) + 1);
  in.mode[kIm2col] = s.has("im2col");
  in.mode[kMulticast] = s.has("multicast::cluster");
  if (in.mode[kRank] == 0) s.fail("the rank is missing");
  if (in.mode[kIm2col] && (!to_shared || in.mode[kRank] < 3)) s.fail("im2col loads tensors of rank 3 to 5");
  const Operand& map = s.operand(to_shared ? 1 : 0);
  address_operand(s, s.operand(to_shared ? 0 : 1), in), address_operand(s, map, in);
  if (to_shared) address_operand(s, s.operand(2), in);
  if (map.parts.size() != 2 || map.parts[1].parts.size() != in.mode[kRank]) s.fail("wrong number of coordinates");
  for (const Operand& c : map.parts[1].parts) s.append(s.source(c, Type::kS32), in);
  std::size_t next = 3;
  if (in.mode[kIm2col]) {
    const Operand& taps = s.operand(next++);
    if (taps.parts.size() != in.mode[kRank] - 2u) s.fail("wrong number of im2col offsets");
    for (const Operand& o : taps.parts) s.append(s.source(o, Type::kU16), in);
  }
  if (in.mode[kMulticast]) in.c = s.source(next++, Type::kU16);
  in.run = tensor;
  return true;
}

}  // namespace

bool decode_bulk(Decoding& s, Instruction& in) {
  if (s.name() != "cp" || !s.has("async") || !s.has("bulk")) return false;
  if (s.has("commit_group")) return in.run = bulk_commit, true;
  if (s.has("wait_group")) {
    s.has("read");
    in.target = static_cast<u32>(s.operand(0).number);
    in.run = bulk_wait;
    return true;
  }
  in.mode[kToShared] = s.has("mbarrier::complete_tx::bytes");
  s.accept({"shared::cluster", "shared::cta", "global", "tile", "bulk_group", "L2::cache_hint"});
  if (s.has("tensor")) return decode_tensor_copy(s, in);
  if (s.has("multicast::cluster")) s.fail("multicast of a copy without a tensor map is not covered");
  address_operand(s, s.operand(0), in), address_operand(s, s.operand(1), in);
  in.b = s.source(2, Type::kU32);
  if (in.mode[kToShared]) address_operand(s, s.operand(3), in);
  in.run = bulk;
  return true;
}

}  // namespace gan::ptx
