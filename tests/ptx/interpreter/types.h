// Words, lanes and masks: the vocabulary of the interpreter. The integers have the names of PTX's own types.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gan::ptx {

constexpr int kLanes = 32;
using Mask = std::uint32_t;
constexpr Mask kAllLanes = ~Mask{0};

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;

template <class F>
inline __attribute__((always_inline)) void for_lanes(Mask m, F f) {
  if (m == kAllLanes) {
#pragma GCC ivdep
    for (int i = 0; i < kLanes; ++i) f(i);
  } else {
    for (; m != 0; m &= m - 1) f(__builtin_ctz(m));
  }
}

/// Bit i of the result is the lowest bit of values[i].
Mask pack(const u32* values);

}  // namespace gan::ptx
