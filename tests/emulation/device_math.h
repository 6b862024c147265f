// CUDA's arithmetic functions that the C library lacks. The fast ones are exact here: tests must not rely on last bits.
#pragma once

#include <math.h>

#include <algorithm>
#include <bit>
#include <cstdint>

namespace gan::emulation {

/// Keeps the compiler from contracting what made `value` with what uses it.
inline float rounded(float value) {
#if defined(__x86_64__)
  asm("" : "+x"(value));
#endif
  return value;
}

}  // namespace gan::emulation

inline float __expf(float x) noexcept { return ::expf(x); }
inline float __logf(float x) noexcept { return ::logf(x); }
inline float __log2f(float x) noexcept { return ::log2f(x); }
inline float __sinf(float x) noexcept { return ::sinf(x); }
inline float __cosf(float x) noexcept { return ::cosf(x); }
inline float __powf(float x, float y) noexcept { return ::powf(x, y); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __saturatef(float x) { return x > 0.0f ? (x < 1.0f ? x : 1.0f) : 0.0f; }
#if !defined(__GLIBC__) || !__GLIBC_PREREQ(2, 42)  // newer ones have the C23 functions
inline float rsqrtf(float x) { return 1.0f / ::sqrtf(x); }
inline double rsqrt(double x) { return 1.0 / ::sqrt(x); }
#endif

// Rounded once, never contracted to a fused multiply-add.
inline float __fadd_rn(float a, float b) {
  return gan::emulation::rounded(gan::emulation::rounded(a) + gan::emulation::rounded(b));
}
inline float __fsub_rn(float a, float b) {
  return gan::emulation::rounded(gan::emulation::rounded(a) - gan::emulation::rounded(b));
}
inline float __fmul_rn(float a, float b) { return gan::emulation::rounded(a * b); }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __frcp_rn(float x) { return 1.0f / x; }
inline float __fsqrt_rn(float x) { return ::sqrtf(x); }
inline float __fmaf_rn(float a, float b, float c) { return ::fmaf(a, b, c); }

// CUDA's overloads of min and max, the mixed ones included.
#define GAN_EMULATION_MIN_MAX(Result, A, B)                                                                   \
  constexpr Result min(A a, B b) {                                                                            \
    return static_cast<Result>(a) < static_cast<Result>(b) ? static_cast<Result>(a) : static_cast<Result>(b); \
  }                                                                                                           \
  constexpr Result max(A a, B b) {                                                                            \
    return static_cast<Result>(a) > static_cast<Result>(b) ? static_cast<Result>(a) : static_cast<Result>(b); \
  }
GAN_EMULATION_MIN_MAX(int, int, int)
GAN_EMULATION_MIN_MAX(unsigned, unsigned, unsigned)
GAN_EMULATION_MIN_MAX(unsigned, int, unsigned)
GAN_EMULATION_MIN_MAX(unsigned, unsigned, int)
GAN_EMULATION_MIN_MAX(long, long, long)
GAN_EMULATION_MIN_MAX(unsigned long, unsigned long, unsigned long)
GAN_EMULATION_MIN_MAX(long long, long long, long long)
GAN_EMULATION_MIN_MAX(unsigned long long, unsigned long long, unsigned long long)
#undef GAN_EMULATION_MIN_MAX
inline float min(float a, float b) { return ::fminf(a, b); }
inline float max(float a, float b) { return ::fmaxf(a, b); }
inline double min(double a, double b) { return ::fmin(a, b); }
inline double max(double a, double b) { return ::fmax(a, b); }

inline int __popc(unsigned x) { return std::popcount(x); }
inline int __popcll(unsigned long long x) { return std::popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return std::countl_zero(static_cast<unsigned long long>(x)); }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>((std::uint64_t{a} * b) >> 32); }
inline int __mulhi(int a, int b) { return static_cast<int>((std::int64_t{a} * b) >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned long long>((static_cast<unsigned __int128>(a) * b) >> 64);
}

inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
inline int __float_as_int(float x) { return std::bit_cast<int>(x); }
inline float __int_as_float(int x) { return std::bit_cast<float>(x); }
inline float __double2float_rn(double x) { return static_cast<float>(x); }
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }
inline int __float2int_rn(float x) { return static_cast<int>(::lrintf(x)); }
inline int __float2int_rz(float x) { return static_cast<int>(x); }
