// Conversions between 32-bit types and below, each against a definition written another way.

#include <cfenv>
#include <cmath>

#include "tests/ptx/instructions/rows.h"

namespace gan::ptx::test {
namespace {

const Row kRows[] = {
    {"mov.u32 %o0, 7; mov.b32 {%h0, %h1}, %i0; mov.b32 {%h2, %h3}, %i0; set.eq.f16.f16 %h2, %h0, %h1; cvt.u32.u16 %o0, "
     "%h2; cvt.u32.u16 %x0, %h3; shr.u32 %x1, %i0, 16; "
     "xor.b32 %x0, %x0, %x1; or.b32 %o0, %o0, %x0;",
     1,
     [](u32 a, u32, u32) {
       const u32 x = a & 0xffff, y = a >> 16;
       return (x & 0x7fff) <= 0x7c00 && (x == y || ((x | y) & 0x7fff) == 0) ? 0x3c00u : 0u;
     }},
    {"cvt.rzi.s32.f32 %o0, %i0;", 1, [](u32 a, u32, u32) { return saturated(number(a), -2147483648.0, 2147483647.0); }},
    {"cvt.rni.s32.f32 %o0, %i0;", 1,
     [](u32 a, u32, u32) { return saturated(std::nearbyint(double{number(a)}), -2147483648.0, 2147483647.0); }},
    {"cvt.rmi.u32.f32 %o0, %i0;", 1,
     [](u32 a, u32, u32) { return saturated(std::floor(double{number(a)}), 0, 4294967295.0); }},
    {"cvt.rpi.f32.f32 %o0, %i0;", 1, [](u32 a, u32, u32) { return bits(std::ceil(number(a))); }},
    {"cvt.sat.f32.f32 %o0, %i0;", 1,
     [](u32 a, u32, u32) {
       const float v = number(a);
       return bits(v > 0 ? std::fmin(v, 1.0f) : 0.0f);
     }},
    {"cvt.rn.f32.s32 %o0, %i0;", 1, [](u32 a, u32, u32) { return bits(static_cast<float>(double(s32(a)))); }},
    {"cvt.rz.f32.u32 %o0, %i0;", 1,
     [](u32 a, u32, u32) {
       volatile double d = a;
       return bits(under(FE_TOWARDZERO, [&] { return static_cast<float>(d); }));
     }},
    {"mov.b64 %d0, {%i0, %i1}; cvt.rn.f32.u64 %o0, %d0;", 2,
     [](u32 a, u32 b, u32) { return bits(static_cast<float>(static_cast<long double>(u64{b} << 32 | a))); }},
    {"cvt.s32.s8 %o0, %i0;", 1, [](u32 a, u32, u32) { return u32(s32(a << 24) >> 24); }},
    {"cvt.u16.u32 %h0, %i0; cvt.s32.s16 %o0, %h0;", 1, [](u32 a, u32, u32) { return u32(s32(a << 16) >> 16); }},
    {"cvt.sat.u8.s32 %x0, %i0; mov.b32 %o0, %x0;", 1,
     [](u32 a, u32, u32) { return s32(a) < 0     ? 0u
                                  : s32(a) > 255 ? 255u
                                                 : a; }},
    {"cvt.rn.f16.f32 %h0, %i0; cvt.u32.u16 %o0, %h0;", 1, [](u32 a, u32, u32) { return to_half(number(a)); }},
    {"cvt.rn.f16x2.f32 %o0, %i0, %i1;", 2,
     [](u32 a, u32 b, u32) { return to_half(number(a)) << 16 | to_half(number(b)); }},
    {"cvt.rn.bf16.f32 %h0, %i0; cvt.u32.u16 %o0, %h0;", 1,
     [](u32 a, u32, u32) { return std::isnan(number(a)) ? 0x7fffu : (a + 0x7fff + (a >> 16 & 1)) >> 16; }},
    {"cvt.rz.bf16x2.f32 %o0, %i0, %i1;", 2,
     [](u32 a, u32 b, u32) {
       const auto cut = [](u32 v) { return std::isnan(number(v)) ? 0x7fffu : v >> 16; };
       return cut(a) << 16 | cut(b);
     }},
    {"cvt.u16.u32 %h0, %i0; cvt.f32.bf16 %o0, %h0;", 1, [](u32 a, u32, u32) { return bits(number(a << 16)); }},
    {"cvt.rn.f32.u32 %o0, %i0;", 1, [](u32 a, u32, u32) { return bits(static_cast<float>(double(a))); }},
    {"mov.b32 {%h0, %h1}, %i0; cvt.rn.f32.u16 %o0, %h1;", 1,
     [](u32 a, u32, u32) { return bits(static_cast<float>(a >> 16)); }},
    {"cvt.u16.u32 %h0, %i0; mov.b32 %o0, {%h0, %h0};", 1, [](u32 a, u32, u32) { return (a & 0xffff) * 0x10001; }},
    {"cvt.rna.tf32.f32 %o0, %i0;", 1,
     [](u32 a, u32, u32) {
       if (std::isnan(number(a))) return 0x7fffffffu;
       return std::isinf(number(a)) ? a : (a + 0x1000) & 0xffffe000;
     }},
    {"cvt.rn.bf16x2.f32 %o0, %i0, %i1;", 2,
     [](u32 a, u32 b, u32) {
       const auto one = [](u32 v) { return std::isnan(number(v)) ? 0x7fffu : (v + 0x7fff + (v >> 16 & 1)) >> 16; };
       return one(a) << 16 | one(b);
     }},
    // Adding zero first: what becomes of the sign of a zero is not specified.
    {"add.f32 %x0, %i0, 0f00000000; add.f32 %x1, %i1, 0f00000000; cvt.rn.relu.bf16x2.f32 %o0, %x0, %x1;", 2,
     [](u32 a, u32 b, u32) {
       const auto one = [](u32 v) {
         return std::isnan(number(v)) ? 0x7fffu : s32(v) < 0 ? 0u : (v + 0x7fff + (v >> 16 & 1)) >> 16;
       };
       return one(a) << 16 | one(b);
     }},
    {"mov.b32 {%h0, %h1}, %i0; cvt.f32.f16 %o0, %h1;", 1,
     [](u32 a, u32, u32) {
       const u32 h = a >> 16, e = h >> 10 & 31, m = h & 1023;
       if (e == 31 && m != 0) return 0x7fffffffu;
       const double size = e == 31  ? HUGE_VAL
                           : e == 0 ? std::ldexp(m, -24)
                                    : std::ldexp(1024 + m, static_cast<int>(e) - 25);
       return bits(static_cast<float>(h >> 15 ? -size : size));
     }},
};

TEST_CASE("conversions", "[ptx]") { check_rows(kRows); }

}  // namespace
}  // namespace gan::ptx::test
