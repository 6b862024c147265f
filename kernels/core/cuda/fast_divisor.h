// Division by a number that is known before the kernel starts: a multiplication and a shift in the kernel.
#pragma once

#include <cstdint>

#include "kernels/core/cuda/host_device.h"

namespace gan {

/// Divides n < 2^31 by a divisor from 1 to 2^31 - 1, exactly: floor(n / d) = floor(n m / 2^(31 + l)) with
/// l = ceil(log2 d) and m = ceil(2^(31 + l) / d) (Granlund and Montgomery 1994, "Division by Invariant Integers using
/// Multiplication", theorem 4.2 with N = 31). m < 2^32 since 2^l < 2 d, but for d = 1, where m = 2^31 and l = 0.
struct FastDivisor {
  std::uint32_t divisor = 1;
  std::uint32_t multiplier = 1u << 31;
  std::uint32_t shift = 0;  ///< l; the quotient is the upper half of 2 n m, shifted right by l

  FastDivisor() = default;
  explicit FastDivisor(std::int64_t d) : divisor(static_cast<std::uint32_t>(d)) {
    while ((std::uint64_t{1} << shift) < divisor) ++shift;
    multiplier = static_cast<std::uint32_t>(((std::uint64_t{1} << (31 + shift)) + divisor - 1) / divisor);
  }

  /// floor(n / divisor)
  GAN_HOST_DEVICE std::uint32_t quotient(std::uint32_t n) const {
    return static_cast<std::uint32_t>((std::uint64_t{n} * 2 * multiplier) >> 32) >> shift;
  }

  /// Splits n into quotient and remainder.
  GAN_HOST_DEVICE void divide(std::uint32_t n, std::uint32_t& quotient_of_n, std::uint32_t& remainder) const {
    quotient_of_n = quotient(n);
    remainder = n - quotient_of_n * divisor;
  }
};

}  // namespace gan
