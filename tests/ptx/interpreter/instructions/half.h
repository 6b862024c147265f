// Number formats below fp32, and rounding to them.
#pragma once

#include <cmath>
#include <limits>

#include "tests/ptx/interpreter/block.h"

namespace gan::ptx {

enum class Rounding : u8 { kNearest, kZero, kDown, kUp, kNearestAway };

/// `value` in a format of `exponent_bits` and `mantissa_bits`, as its bits without the sign's position fixed: sign on top.
inline u32 round_to(double value, int exponent_bits, int mantissa_bits, Rounding rounding) {
  const u32 sign = std::signbit(value) ? 1u << (exponent_bits + mantissa_bits) : 0;
  const u32 infinity = ((1u << exponent_bits) - 1) << mantissa_bits;
  if (std::isnan(value)) return (1u << (exponent_bits + mantissa_bits)) - 1;  // the NaN that NVIDIA's arithmetic makes
  if (std::isinf(value)) return sign | infinity;
  if (value == 0) return sign;
  const int least = 2 - (1 << (exponent_bits - 1));  // exponent of the smallest normal number
  int exponent = 0;
  const double magnitude = std::fabs(value);
  std::frexp(magnitude, &exponent);
  exponent = std::max(exponent - 1, least);
  const double scaled = std::ldexp(magnitude, mantissa_bits - exponent), whole = std::floor(scaled),
               rest = scaled - whole;
  u32 n = static_cast<u32>(whole);
  bool up = false;
  switch (rounding) {
    case Rounding::kNearest: up = rest > 0.5 || (rest == 0.5 && (n & 1)); break;
    case Rounding::kNearestAway: up = rest >= 0.5; break;
    case Rounding::kZero: break;
    case Rounding::kDown: up = sign && rest > 0; break;
    case Rounding::kUp: up = !sign && rest > 0; break;
  }
  n += up;
  const u64 bits = (static_cast<u64>(exponent - least) << mantissa_bits) + n;
  if (bits < infinity) return sign | static_cast<u32>(bits);
  const bool to_infinity = rounding == Rounding::kNearest || rounding == Rounding::kNearestAway ||
                           (rounding == Rounding::kDown && sign) || (rounding == Rounding::kUp && !sign);
  return sign | (to_infinity ? infinity : infinity - 1);
}

struct Half {
  u16 bits;
  float to_float() const {
    const int e = bits >> 10 & 31, m = bits & 1023;
    const float magnitude = e == 31
                                ? (m ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity())
                            : e == 0 ? std::ldexp(static_cast<float>(m), -24)
                                     : std::ldexp(static_cast<float>(m + 1024), e - 25);
    return bits & 0x8000 ? -magnitude : magnitude;
  }
  static Half from(double value, Rounding r = Rounding::kNearest) {
    return {static_cast<u16>(round_to(value, 5, 10, r))};
  }
};

struct BFloat {
  u16 bits;
  float to_float() const {
    const u32 wide = u32{bits} << 16;
    float f;
    __builtin_memcpy(&f, &wide, 4);
    return f;
  }
  static BFloat from(double value, Rounding r = Rounding::kNearest) {
    return {static_cast<u16>(round_to(value, 8, 7, r))};
  }
};

/// The bits of an fp32 number whose lower 13 are zero.
inline u32 to_tf32(float value, Rounding rounding) {
  if (std::isnan(value)) return 0x7fffffff;
  return round_to(value, 8, 10, rounding) << 13;
}

inline float flush(float v) { return std::fabs(v) < std::numeric_limits<float>::min() ? std::copysign(0.0f, v) : v; }

inline float canonical(float v) {
  u32 bits = 0x7fffffff;
  float nan;
  __builtin_memcpy(&nan, &bits, 4);
  return v == v ? v : nan;
}

}  // namespace gan::ptx
