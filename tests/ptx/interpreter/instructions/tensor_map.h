// What a tensor map says; the stand-in driver writes it, cp.async.bulk.tensor reads it. 128 bytes, aligned to 64.
#pragma once

#include "tests/ptx/interpreter/types.h"

namespace gan::ptx {

struct alignas(64) TensorMap {
  static constexpr u32 kMagic = 0x5067746d;
  u64 base = 0;
  u32 sizes[5] = {};                 ///< in elements, fastest first
  u64 strides[4] = {};               ///< in bytes, of dimensions 1..
  u16 box[5] = {};                   ///< tiled: elements; im2col: channels, and pixels a column
  s16 lower[3] = {}, upper[3] = {};  ///< im2col: corners of the box of base pixels, of dimensions 1 ..rank - 2
  u8 element_strides[5] = {};
  u8 rank = 0, element_bytes = 0;
  u8 swizzle = 0;  ///< 0 none, 1 32B, 2 64B, 3 128B
  bool fill_nan = false, im2col = false;
  u32 magic = kMagic;
};
static_assert(sizeof(TensorMap) == 128);

/// Where the byte of an unswizzled tile lies: an involution on final shared addresses.
inline u32 swizzled(u32 address, u32 mode) { return address ^ ((address >> 7 & ((1u << mode) - 1)) << 4); }

}  // namespace gan::ptx
