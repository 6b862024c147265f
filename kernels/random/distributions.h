// Random words to floats: uniform and normal. Host and device, the same bits on both.
//
// That holds because every operation is one that IEEE 754 rounds in only one way: conversions, sqrt and explicit fused
// multiply-adds. A plain product is never an operand of a plain sum, or a compiler might fuse the two on one side only.
// The polynomials are minimax fits (Remez exchange, coefficients rounded to float) made for this file; the errors
// stated are theirs, before rounding of the evaluation.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/core/cuda/host_device.h"
#include "kernels/random/philox.h"

namespace gan {

/// [low, high): `below_high` is the largest float below high, for the draws that rounding carries up to high.
struct UniformRange {
  float low, width, below_high;
};

/// The range for low < high, both finite, and their difference, too.
inline UniformRange uniform_range(float low, float high) { return {low, high - low, std::nextafter(high, low)}; }

/// low + width u with u = (the word's upper 24 bits) / 2^24.
GAN_HOST_DEVICE float uniform_from_word(std::uint32_t word, const UniformRange& range) {
  const float unit = static_cast<float>(word >> 8) * 0x1p-24f;
  const float value = fmaf(unit, range.width, range.low);
  return value < range.below_high ? value : range.below_high;
}

/// Four uniforms from four words.
GAN_HOST_DEVICE void uniforms_from_block(const PhiloxWords& words, const UniformRange& range, float uniforms[4]) {
  for (int i = 0; i < 4; ++i) uniforms[i] = uniform_from_word(words.word[i], range);
}

/// log u for normal positive u; relative error of the approximation 6e-9, near 1, too.
GAN_HOST_DEVICE float polynomial_log(float u) {
  // u = 2^exponent (1 + f) with 1 + f in [2/3, 4/3); log(1 + f) = f + f^2 (-1/2 + f R(f)).
  constexpr std::int32_t kTwoThirds = 0x3F2AAAAB;
  const auto bits = std::bit_cast<std::int32_t>(u);
  const std::int32_t exponent = (bits - kTwoThirds) >> 23;
  const float f = std::bit_cast<float>(bits - exponent * (1 << 23)) - 1.0f;
  float r = -0x1.08058ep-3f;
  r = fmaf(r, f, 0x1.1e66b8p-3f);
  r = fmaf(r, f, -0x1.f3113cp-4f);
  r = fmaf(r, f, 0x1.1ed718p-3f);
  r = fmaf(r, f, -0x1.559dccp-3f);
  r = fmaf(r, f, 0x1.99d028p-3f);
  r = fmaf(r, f, -0x1.fffefp-3f);
  r = fmaf(r, f, 0x1.555506p-2f);
  const float log_fraction = fmaf(f * f, fmaf(r, f, -0.5f), f);
  constexpr float kLog2High = 0x1.62e430p-1f, kLog2Low = -0x1.05c610p-29f;
  const auto e = static_cast<float>(exponent);
  return fmaf(e, kLog2High, fmaf(e, kLog2Low, log_fraction));
}

/// Sine and cosine of one angle.
struct SineCosine {
  float sine, cosine;
};

/// sin and cos of 2 pi word / 2^32.
GAN_HOST_DEVICE SineCosine sine_cosine_of_turn(std::uint32_t word) {
  // The nearest quarter turn, and what is left of it: t quarter turns, |t| <= 1/2.
  const std::uint32_t quarter = (word + 0x20000000u) >> 30;
  const float t = static_cast<float>(static_cast<std::int32_t>(word - (quarter << 30))) * 0x1p-30f;
  const float t2 = t * t;
  // sin(pi/2 t) = t (pi/2 + t^2 S(t^2)), relative error 9e-11; pi/2 as a sum of two floats.
  float s = 0x1.443a9ap-13f;
  s = fmaf(s, t2, -0x1.32adaap-8f);
  s = fmaf(s, t2, 0x1.466b78p-4f);
  s = fmaf(s, t2, -0x1.4abbcep-1f);
  constexpr float kHalfPiHigh = 0x1.921fb6p+0f, kHalfPiLow = -0x1.777a5cp-25f;
  s = fmaf(s, t2, kHalfPiLow);
  const float sine = fmaf(s, t, kHalfPiHigh * t);
  // cos(pi/2 t) = 1 + t^2 C(t^2), relative error 5e-10.
  float c = 0x1.d4f7eep-11f;
  c = fmaf(c, t2, -0x1.55b2b6p-6f);
  c = fmaf(c, t2, 0x1.03c1b0p-2f);
  c = fmaf(c, t2, -0x1.3bd3ccp+0f);
  const float cosine = fmaf(c, t2, 1.0f);
  // Back by the quarter turns: (sin, cos), (cos, -sin), (-sin, -cos), (-cos, sin).
  const bool swapped = (quarter & 1) != 0;
  const float first = swapped ? cosine : sine, second = swapped ? sine : cosine;
  return {(quarter & 2) != 0 ? -first : first, ((quarter + 1) & 2) != 0 ? -second : second};
}

/// Two independent standard normals from two words (Box & Muller 1958): sqrt(-2 log u) (cos, sin)(2 pi v), where
/// u = (radius_word + 1/2) / 2^32, rounded, is in (0, 1]. The largest radius is sqrt(66 log 2) = 6.76.
GAN_HOST_DEVICE void normals_from_words(std::uint32_t radius_word, std::uint32_t angle_word, float& first,
                                        float& second) {
  const float u = fmaf(static_cast<float>(radius_word), 0x1p-32f, 0x1p-33f);
  const float radius = sqrtf(-2.0f * polynomial_log(u));
  const SineCosine direction = sine_cosine_of_turn(angle_word);
  first = radius * direction.cosine;
  second = radius * direction.sine;
}

/// Four normals of the given mean and deviation from four words.
GAN_HOST_DEVICE void normals_from_block(const PhiloxWords& words, float mean, float standard_deviation,
                                        float normals[4]) {
  normals_from_words(words.word[0], words.word[1], normals[0], normals[1]);
  normals_from_words(words.word[2], words.word[3], normals[2], normals[3]);
  for (int i = 0; i < 4; ++i) normals[i] = fmaf(normals[i], standard_deviation, mean);
}

}  // namespace gan
