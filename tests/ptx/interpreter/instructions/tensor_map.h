// What a tensor map says; the stand-in driver writes it, cp.async.bulk.tensor reads it. 128 bytes, aligned to 64.
#pragma once

#include "tests/ptx/interpreter/block.h"

namespace gan::ptx {

struct alignas(64) TensorMap {
  static constexpr u32 kMagic = 0x5067746d;
  u64 base = 0;
  u64 sizes[5] = {};
  u64 strides[4] = {};  ///< in bytes, of dimensions 1..
  u16 box[5] = {};
  u8 element_strides[5] = {};
  u8 rank = 0, element_bytes = 0, swizzle = 0, fill_nan = 0;  ///< swizzle: 0 none, 1 32B, 2 64B, 3 128B
  u32 magic = kMagic;
};
static_assert(sizeof(TensorMap) == 128);

/// Where the byte of an unswizzled tile lies: an involution on final shared addresses.
inline u32 swizzled(u32 address, u32 mode) { return address ^ ((address >> 7 & ((1u << mode) - 1)) << 4); }

}  // namespace gan::ptx
