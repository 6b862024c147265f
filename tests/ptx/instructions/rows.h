// A row is an instruction body and what it must compute, over edge values and random bits.
#pragma once

#include <functional>
#include <span>

#include "tests/ptx/instructions/snippet.h"
#include "tests/support/catch.h"

namespace gan::ptx::test {

/// `body` makes %o0 of %i0, %i1 and %i2, of which it uses `inputs`.
struct Row {
  const char* body;
  u32 inputs;
  std::function<u32(u32, u32, u32)> f;
  bool approximate = false;  ///< .approx: to 3e-7; hardware has an error of its own
};

/// `body` makes %d3 of %d0, %d1 and %d2.
struct WideRow {
  const char* body;
  u32 inputs;
  std::function<u64(u64, u64, u64)> f;
};

void check_rows(std::span<const Row> rows);
void check_rows(std::span<const WideRow> rows);

inline float number(u32 u) {
  float f;
  __builtin_memcpy(&f, &u, 4);
  return f;
}
/// The bits of a float; of every NaN those that NVIDIA's arithmetic makes.
inline u32 bits(float f) {
  u32 u;
  __builtin_memcpy(&u, &f, 4);
  return f == f ? u : 0x7fffffff;
}
inline double wide_number(u64 u) {
  double d;
  __builtin_memcpy(&d, &u, 8);
  return d;
}
inline u64 wide_bits(double d) {
  u64 u;
  __builtin_memcpy(&u, &d, 8);
  return u;
}
inline s64 wide(s32 v) { return v; }

/// Rounds by the host's mode; `f` must compute with volatile operands.
float under(int mode, const std::function<float()>& f);

/// fp16 by search: the nearest of all halves, ties to even.
u32 to_half(float v);

/// The nearest integer within bounds; 0 for NaN.
u32 saturated(double v, double least, double most);

}  // namespace gan::ptx::test
