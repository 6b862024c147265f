// What an instruction costs at best, for the printed schedule and the roofline.
#pragma once

#include <cstdint>

namespace gan {

/// Floating-point operations (a fused multiply-add counts two) and the bytes that must cross memory if every operand is
/// read or written exactly once.
struct Cost {
  std::int64_t flops = 0;
  std::int64_t bytes = 0;

  Cost& operator+=(const Cost& other) {
    flops += other.flops;
    bytes += other.bytes;
    return *this;
  }
};

}  // namespace gan
