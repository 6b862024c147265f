// exp, tanh and sigmoid of a float without a branch, table or call, so that compilers vectorise the loops around them.
//
// The polynomials are our own minimax fits (Remez exchange on the interval stated, relative error stated); the maximal
// errors over all floats, in units in the last place, are what tests/kernels/activation_test.cpp allows.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace gan {

/// 2^n for n in [-126, 127].
inline float exp2_of_integer(std::int32_t n) { return std::bit_cast<float>((n + 127) << 23); }

/// e^x for x in [-104, 88]; NaN for NaN. Below -87.3 the result is subnormal, as it should be.
///
/// x = n ln 2 + r with |r| <= ln(2)/2; e^r = 1 + r + r^2 P(r), relative error 0.06 * 2^-24. n ln 2 is subtracted in two
/// parts, the first of which has so few bits that its product is exact. 2^n is applied in two factors because n may lie
/// outside of the exponents of normal numbers.
inline float branchless_exp(float x) {
  constexpr float kLog2E = 1.44269504f;
  constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  constexpr float kRoundToInteger = 12582912.0f;  // 1.5 * 2^23: the unit in the last place is 1 there
  const float shifted = x * kLog2E + kRoundToInteger;
  const std::int32_t n = std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(kRoundToInteger);
  const float whole = shifted - kRoundToInteger;
  const float r = (x - whole * kLn2High) - whole * kLn2Low;
  float p = 0x1.6a2914p-10f;
  p = p * r + 0x1.1238b6p-7f;
  p = p * r + 0x1.5558e2p-5f;
  p = p * r + 0x1.555494p-3f;
  p = p * r + 0x1.fffffcp-2f;
  p = p * (r * r) + r + 1.0f;
  const std::int32_t half = n >> 1;
  return p * exp2_of_integer(half) * exp2_of_integer(n - half);
}

/// tanh x for every x; NaN for NaN.
///
/// |x| < 0.625: x + x^3 Q(x^2), relative error 0.08 * 2^-24. Beyond: 1 - 2 / (e^(2|x|) + 1), which is 1 from 9.02 on.
inline float branchless_tanh(float x) {
  constexpr float kPolynomialEnd = 0.625f, kSaturated = 10.0f;
  const float magnitude = std::fabs(x);
  const float bounded = magnitude > kSaturated ? kSaturated : magnitude;  // in this order NaN stays NaN
  const float z = bounded * bounded;
  float q = -0x1.75e1d0p-8f;
  q = q * z + 0x1.52269cp-6f;
  q = q * z - 0x1.b83c5ap-5f;
  q = q * z + 0x1.110726p-3f;
  q = q * z - 0x1.555532p-2f;
  const float small = bounded + bounded * (z * q);
  const float large = 1.0f - 2.0f / (branchless_exp(2.0f * bounded) + 1.0f);
  return std::copysign(bounded < kPolynomialEnd ? small : large, x);
}

/// 1 / (1 + e^-x) for every x; NaN for NaN. With e = e^-|x| <= 1 nothing overflows, and small results keep their
/// digits.
inline float branchless_sigmoid(float x) {
  constexpr float kVanished = 104.0f;
  const float magnitude = std::fabs(x);
  const float e = branchless_exp(magnitude > kVanished ? -kVanished : -magnitude);
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

}  // namespace gan
