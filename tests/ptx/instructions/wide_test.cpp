// 64-bit integers and fp64, each against a definition written another way.

#include <cmath>

#include "tests/ptx/instructions/rows.h"

namespace gan::ptx::test {
namespace {

using Big = unsigned __int128;
using SignedBig = __int128;

u64 signed_compare(u64 a, u64 b, bool less, bool equal) {
  const SignedBig difference = SignedBig(s64(a)) - s64(b);
  return difference < 0 ? less : difference > 0 ? !less : equal;
}

const WideRow kRows[] = {
    {"add.s64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return u64(Big(a) + b); }},
    {"sub.s64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return a + ~b + 1; }},
    {"neg.s64 %d3, %d0;", 1, [](u64 a, u64, u64) { return ~a + 1; }},
    {"abs.s64 %d3, %d0;", 1, [](u64 a, u64, u64) { return s64(a) < 0 ? ~a + 1 : a; }},
    {"mul.lo.s64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return u64(Big(a) * b); }},
    {"mul.hi.u64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return u64(Big(a) * b >> 64); }},
    {"mul.hi.s64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return u64(SignedBig(s64(a)) * s64(b) >> 64); }},
    {"mad.lo.s64 %d3, %d0, %d1, %d2;", 3, [](u64 a, u64 b, u64 c) { return u64(Big(a) * b + c); }},
    {"cvt.u32.u64 %x0, %d0; cvt.u32.u64 %x1, %d1; mul.wide.s32 %d3, %x0, %x1;", 2,
     [](u64 a, u64 b, u64) { return u64(SignedBig(s32(a)) * s32(b)); }},
    {"cvt.u32.u64 %x0, %d0; cvt.u32.u64 %x1, %d1; mul.wide.u32 %d3, %x0, %x1;", 2,
     [](u64 a, u64 b, u64) { return u64(Big(u32(a)) * u32(b)); }},
    {"cvt.u32.u64 %x0, %d0; cvt.u32.u64 %x1, %d1; mad.wide.s32 %d3, %x0, %x1, %d2;", 3,
     [](u64 a, u64 b, u64 c) { return u64(SignedBig(s32(a)) * s32(b)) + c; }},
    {"div.u64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return b == 0 ? ~u64{0} : u64(Big(a) / b); }},
    {"div.s64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return b == 0 ? ~u64{0} : u64(SignedBig(s64(a)) / s64(b)); }},
    {"rem.u64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return b == 0 ? a : u64(Big(a) % b); }},
    {"rem.s64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return b == 0 ? a : u64(SignedBig(s64(a)) % s64(b)); }},
    {"min.s64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return signed_compare(a, b, true, true) ? a : b; }},
    {"max.s64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return signed_compare(a, b, true, true) ? b : a; }},
    {"min.u64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return a <= b ? a : b; }},
    {"max.u64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return a <= b ? b : a; }},
    {"and.b64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return ~(~a | ~b); }},
    {"or.b64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return ~(~a & ~b); }},
    {"xor.b64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return (a | b) - (a & b); }},
    {"not.b64 %d3, %d0;", 1, [](u64 a, u64, u64) { return ~u64{0} - a; }},
    {"cvt.u32.u64 %x0, %d1; shl.b64 %d3, %d0, %x0;", 2,
     [](u64 a, u64 b, u64) { return u32(b) > 63 ? 0 : u64(Big(a) << u32(b)); }},
    {"cvt.u32.u64 %x0, %d1; shr.u64 %d3, %d0, %x0;", 2,
     [](u64 a, u64 b, u64) { return u32(b) > 63 ? 0 : u64(Big(a) >> u32(b)); }},
    {"cvt.u32.u64 %x0, %d1; shr.s64 %d3, %d0, %x0;", 2,
     [](u64 a, u64 b, u64) { return u64(SignedBig(s64(a)) >> (u32(b) > 63 ? 63 : u32(b))); }},
    {"mov.b64 %d3, %d0;", 1, [](u64 a, u64, u64) { return a; }},
    {"mov.u64 %d3, %d0;", 1, [](u64 a, u64, u64) { return a; }},
    {"mov.f64 %d3, %d0;", 1, [](u64 a, u64, u64) { return a; }},
    {"mov.b64 {%x0, %x1}, %d0; mov.b64 %d3, {%x1, %x0};", 1, [](u64 a, u64, u64) { return a >> 32 | a << 32; }},
    {"popc.b64 %x0, %d0; clz.b64 %x1, %d0; mov.b64 %d3, {%x0, %x1};", 1,
     [](u64 a, u64, u64) {
       u64 ones = 0, lead = 0;
       for (int i = 0; i < 64; ++i) ones += a >> i & 1;
       while (lead < 64 && (a >> (63 - lead) & 1) == 0) ++lead;
       return ones | lead << 32;
     }},
    {"brev.b64 %d3, %d0;", 1,
     [](u64 a, u64, u64) {
       u64 r = 0;
       for (int i = 0; i < 64; ++i) r = r << 1 | (a >> i & 1);
       return r;
     }},
    {"bfi.b64 %d3, %d0, %d1, 20, 30;", 2,
     [](u64 a, u64 b, u64) { return (b & ~(0x3fffffffull << 20)) | (a & 0x3fffffff) << 20; }},
    {"bfe.u64 %d3, %d0, 20, 30;", 1, [](u64 a, u64, u64) { return a >> 20 & 0x3fffffff; }},
    {"cvt.u32.u64 %x0, %d0; cvt.s64.s32 %d3, %x0;", 1, [](u64 a, u64, u64) { return u64(s64(a << 32) >> 32); }},
    {"cvt.u32.u64 %x0, %d0; cvt.u64.u32 %d3, %x0;", 1, [](u64 a, u64, u64) { return a & 0xffffffff; }},
    {"cvt.rn.f32.f64 %x0, %d0; cvt.u64.u32 %d3, %x0;", 1,
     [](u64 a, u64, u64) {  // by search among neighbours: the nearer, ties to even
       const double v = wide_number(a);
       if (std::isnan(v)) return u64{0x7fffffff};
       const float guess = static_cast<float>(v);
       if (std::isinf(guess)) return u64{bits(guess)};
       float best = guess;
       for (const float other : {std::nextafter(guess, HUGE_VALF), std::nextafter(guess, -HUGE_VALF)}) {
         const double off = std::fabs(v - other), now = std::fabs(v - best);
         if (off < now || (off == now && (bits(other) & 1) == 0)) best = other;
       }
       return u64{bits(best)};
     }},
    {"cvt.u32.u64 %x0, %d0; cvt.f64.f32 %d3, %x0;", 1,
     [](u64 a, u64, u64) { return wide_bits(double{number(u32(a))}); }},
    {"cvt.rn.f32.u64 %x0, %d0; cvt.u64.u32 %d3, %x0;", 1,
     [](u64 a, u64, u64) { return u64{bits(static_cast<float>(static_cast<long double>(a)))}; }},
    {"cvt.rn.f32.s64 %x0, %d0; cvt.u64.u32 %d3, %x0;", 1,
     [](u64 a, u64, u64) { return u64{bits(static_cast<float>(static_cast<long double>(s64(a))))}; }},
    {"add.f64 %d3, %d0, %d1;", 2,
     [](u64 a, u64 b, u64) { return wide_bits(double((long double)wide_number(a) + wide_number(b))); }},
    {"fma.rn.f64 %d3, %d0, %d1, %d2;", 3,
     [](u64 a, u64 b, u64 c) { return wide_bits(__builtin_fma(wide_number(a), wide_number(b), wide_number(c))); }},
    {"sub.f64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return wide_bits(wide_number(a) + -wide_number(b)); }},
    {"mul.f64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return wide_bits(wide_number(b) * wide_number(a)); }},
    {"div.rn.f64 %d3, %d0, %d1;", 2, [](u64 a, u64 b, u64) { return wide_bits(wide_number(a) / wide_number(b)); }},
    {"rcp.rn.f64 %d3, %d0;", 1, [](u64 a, u64, u64) { return wide_bits(1 / wide_number(a)); }},
    {"sqrt.rn.f64 %d3, %d0;", 1, [](u64 a, u64, u64) { return wide_bits(std::sqrt(wide_number(a))); }},
    {"neg.f64 %d3, %d0;", 1, [](u64 a, u64, u64) { return a ^ 0x8000000000000000; }},
    {"abs.f64 %d3, %d0;", 1, [](u64 a, u64, u64) { return a & 0x7fffffffffffffff; }},
    {"setp.lt.f64 %p0, %d0, %d1; selp.f64 %d3, %d0, %d1, %p0;", 2,
     [](u64 a, u64 b, u64) { return std::isless(wide_number(a), wide_number(b)) ? a : b; }},
    {"setp.eq.b64 %p0, %d0, %d1; selp.b64 %d3, 1, 0, %p0;", 2, [](u64 a, u64 b, u64) { return u64{(a ^ b) == 0}; }},
    {"setp.ne.b64 %p0, %d0, %d1; selp.b64 %d3, 1, 0, %p0;", 2, [](u64 a, u64 b, u64) { return u64{(a ^ b) != 0}; }},
    {"setp.lt.u64 %p0, %d0, %d1; selp.b64 %d3, 1, 0, %p0;", 2,
     [](u64 a, u64 b, u64) { return u64{SignedBig(Big(a)) - SignedBig(Big(b)) < 0}; }},
    {"setp.le.u64 %p0, %d0, %d1; selp.b64 %d3, 1, 0, %p0;", 2,
     [](u64 a, u64 b, u64) { return u64{SignedBig(Big(a)) - SignedBig(Big(b)) <= 0}; }},
    {"cvt.rn.f64.u64 %d3, %d0;", 1,  // long double holds all 64 bits: rounded once
     [](u64 a, u64, u64) { return wide_bits(static_cast<double>(static_cast<long double>(a))); }},
    {"setp.gt.u64 %p0, %d0, %d1; selp.b64 %d3, 1, 0, %p0;", 2,
     [](u64 a, u64 b, u64) { return u64{SignedBig(Big(a)) - SignedBig(Big(b)) > 0}; }},
    {"setp.eq.s64 %p0, %d0, %d1; selp.b64 %d3, 1, 0, %p0;", 2, [](u64 a, u64 b, u64) { return u64{a - b == 0}; }},
    {"setp.ne.s64 %p0, %d0, %d1; selp.b64 %d3, 1, 0, %p0;", 2, [](u64 a, u64 b, u64) { return u64{a - b != 0}; }},
    {"setp.lt.s64 %p0, %d0, %d1; selp.b64 %d3, 1, 0, %p0;", 2,
     [](u64 a, u64 b, u64) { return signed_compare(a, b, true, false); }},
    {"setp.le.s64 %p0, %d0, %d1; selp.b64 %d3, 1, 0, %p0;", 2,
     [](u64 a, u64 b, u64) { return signed_compare(a, b, true, true); }},
    {"setp.gt.s64 %p0, %d0, %d1; selp.b64 %d3, 1, 0, %p0;", 2,
     [](u64 a, u64 b, u64) { return signed_compare(a, b, false, false); }},
    {"setp.ge.s64 %p0, %d0, %d1; selp.b64 %d3, 1, 0, %p0;", 2,
     [](u64 a, u64 b, u64) { return signed_compare(a, b, false, true); }},
};

TEST_CASE("64-bit instructions", "[ptx]") { check_rows(kRows); }

}  // namespace
}  // namespace gan::ptx::test
