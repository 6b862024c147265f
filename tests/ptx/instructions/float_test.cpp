// fp32 arithmetic and comparisons, each against a definition written another way.

#include <cfenv>
#include <cmath>

#include "tests/ptx/instructions/rows.h"

namespace gan::ptx::test {
namespace {

const Row kRows[] = {
    {"setp.ltu.f32 %p0, %i0, %i1; selp.b32 %o0, 1, 0, %p0;", 2,
     [](u32 a, u32 b, u32) { return u32(!(number(a) >= number(b))); }},
    {"setp.ne.f32 %p0, %i0, %i1; selp.b32 %o0, 1, 0, %p0;", 2,
     [](u32 a, u32 b, u32) { return u32(!std::isunordered(number(a), number(b)) && number(a) != number(b)); }},
    {"setp.eq.f32 %p1, %i0, %i0; setp.gt.and.f32 %p0|%p2, %i0, %i1, !%p1; selp.b32 %x0, 1, 0, %p0; selp.b32 %x1, 2, 0, "
     "%p2; or.b32 %o0, %x0, %x1;",
     2, [](u32 a, u32, u32) { return std::isnan(number(a)) ? 2u : 0u; }},
    {"set.geu.f32.f32 %o0, %i0, %i1;", 2, [](u32 a, u32 b, u32) { return number(a) < number(b) ? 0u : 0x3f800000u; }},
    {"add.rn.f32 %o0, %i0, %i1;", 2, [](u32 a, u32 b, u32) { return bits(number(a) + number(b)); }},
    {"mul.ftz.f32 %o0, %i0, %i1;", 2,
     [](u32 a, u32 b, u32) {
       const auto z = [](float v) { return std::fpclassify(v) == FP_SUBNORMAL ? std::copysign(0.0f, v) : v; };
       return bits(z(z(number(a)) * z(number(b))));
     }},
    {"fma.rn.f32 %o0, %i0, %i1, %i2;", 3,
     [](u32 a, u32 b, u32 c) { return bits(static_cast<float>(__builtin_fmaf(number(a), number(b), number(c)))); }},
    {"fma.rn.sat.f32 %o0, %i0, %i1, %i2;", 3,
     [](u32 a, u32 b, u32 c) {
       const float v = __builtin_fmaf(number(a), number(b), number(c));
       return bits(v > 0 ? std::fmin(v, 1.0f) : 0.0f);
     }},
    {"add.rz.f32 %o0, %i0, %i1;", 2,
     [](u32 a, u32 b, u32) {
       volatile float x = number(a), y = number(b);
       return bits(under(FE_TOWARDZERO, [&] { return x + y; }));
     }},
    {"mul.rm.f32 %o0, %i0, %i1;", 2,
     [](u32 a, u32 b, u32) {
       volatile float x = number(a), y = number(b);
       return bits(under(FE_DOWNWARD, [&] { return x * y; }));
     }},
    {"mul.rp.f32 %o0, %i0, %i1;", 2,
     [](u32 a, u32 b, u32) {
       volatile float x = number(a), y = number(b);
       return bits(under(FE_UPWARD, [&] { return x * y; }));
     }},
    {"div.rn.f32 %o0, %i0, %i1;", 2, [](u32 a, u32 b, u32) { return bits(number(a) / number(b)); }},
    {"sqrt.rn.f32 %o0, %i0;", 1, [](u32 a, u32, u32) { return bits(std::sqrt(number(a))); }},
    {"rcp.approx.ftz.f32 %o0, %i0;", 1, [](u32 a, u32, u32) { return bits(1 / number(a)); }, true},
    {"rsqrt.approx.f32 %o0, %i0;", 1, [](u32 a, u32, u32) { return bits(1 / std::sqrt(number(a))); }, true},
    {"ex2.approx.f32 %o0, %i0;", 1, [](u32 a, u32, u32) { return bits(std::exp2(number(a))); }, true},
    {"lg2.approx.f32 %o0, %i0;", 1, [](u32 a, u32, u32) { return bits(std::log2(number(a))); }, true},
    {"min.f32 %o0, %i0, %i1;", 2,
     [](u32 a, u32 b, u32) {
       const float x = number(a), y = number(b);
       if (std::isnan(x)) return bits(y);
       if (std::isnan(y)) return bits(x);
       return x == 0 && y == 0 ? a | b : x < y ? a : b;
     }},
    {"max.NaN.f32 %o0, %i0, %i1;", 2,
     [](u32 a, u32 b, u32) {
       const float x = number(a), y = number(b);
       if (std::isunordered(x, y)) return 0x7fffffffu;
       return x == 0 && y == 0 ? a & b : x > y ? a : b;
     }},
    {"copysign.f32 %o0, %i0, %i1;", 2,
     [](u32 a, u32 b, u32) {
       const u32 r = (a & 0x80000000) | (b & 0x7fffffff);
       return std::isnan(number(r)) ? 0x7fffffffu : r;
     }},
    {"and.b32 %x0, %i0, 0x3bff3bff; and.b32 %x1, %i1, 0x3bff3bff; add.rn.f16x2 %o0, %x0, %x1;", 2,
     [](u32 a, u32 b, u32) {
       const auto value = [](u32 h) {
         h &= 0x3bff;
         return h < 0x400 ? std::ldexp(float(h), -24) : std::ldexp(float(1024 + (h & 1023)), int(h >> 10) - 25);
       };
       return to_half(value(a) + value(b)) | to_half(value(a >> 16) + value(b >> 16)) << 16;
     }},
    {"add.f32 %o0, %i0, %i1;", 2,
     [](u32 a, u32 b, u32) { return bits(static_cast<float>(double{number(a)} + number(b))); }},
    {"sub.f32 %o0, %i0, %i1;", 2,
     [](u32 a, u32 b, u32) { return bits(static_cast<float>(double{number(a)} - number(b))); }},
    {"mul.f32 %o0, %i0, %i1;", 2,
     [](u32 a, u32 b, u32) { return bits(static_cast<float>(double{number(a)} * number(b))); }},
    {"fma.rm.f32 %o0, %i0, %i1, %i2;", 3,
     [](u32 a, u32 b, u32 c) {
       volatile float x = number(a), y = number(b), z = number(c);
       return bits(under(FE_DOWNWARD, [&] { return __builtin_fmaf(x, y, z); }));
     }},
    {"fma.rz.f32 %o0, %i0, %i1, %i2;", 3,
     [](u32 a, u32 b, u32 c) {
       volatile float x = number(a), y = number(b), z = number(c);
       return bits(under(FE_TOWARDZERO, [&] { return __builtin_fmaf(x, y, z); }));
     }},
    {"neg.f32 %o0, %i0;", 1, [](u32 a, u32, u32) { return a ^ 0x80000000; }},
    {"abs.f32 %o0, %i0;", 1, [](u32 a, u32, u32) { return a & 0x7fffffff; }},
    {"max.f32 %o0, %i0, %i1;", 2,
     [](u32 a, u32 b, u32) {
       const float x = number(a), y = number(b);
       if (std::isnan(x)) return bits(y);
       if (std::isnan(y)) return bits(x);
       return x == 0 && y == 0 ? a & b : x > y ? a : b;
     }},
    {"rcp.rn.f32 %o0, %i0;", 1, [](u32 a, u32, u32) { return bits(1.0f / number(a)); }},
    {"div.approx.f32 %o0, %i0, %i1;", 2,
     [](u32 a, u32 b, u32) {
       const float x = number(a), y = number(b), size = std::fabs(y);
       if (size > 0x1p126f && size < HUGE_VALF)
         return std::isnan(x) || std::isinf(x) ? 0x7fffffffu : (a ^ b) & 0x80000000;
       return bits(x / y);
     },
     true},
    {"ex2.approx.ftz.f32 %o0, %i0;", 1, [](u32 a, u32, u32) { return bits(std::exp2(number(a))); }, true},
    {"sin.approx.f32 %o0, %i0;", 1, [](u32 a, u32, u32) { return bits(std::sin(number(a))); }, true},
    {"cos.approx.f32 %o0, %i0;", 1, [](u32 a, u32, u32) { return bits(std::cos(number(a))); }, true},
    {"tanh.approx.f32 %o0, %i0;", 1, [](u32 a, u32, u32) { return bits(std::tanh(number(a))); }, true},
    {"setp.eq.f32 %p0, %i0, %i1; selp.b32 %o0, 1, 0, %p0;", 2,
     [](u32 a, u32 b, u32) {
       return u32(std::islessequal(number(a), number(b)) && std::isgreaterequal(number(a), number(b)));
     }},
    {"setp.ge.f32 %p0, %i0, %i1; selp.b32 %o0, 1, 0, %p0;", 2,
     [](u32 a, u32 b, u32) { return u32(std::isgreaterequal(number(a), number(b))); }},
    {"setp.gt.f32 %p0, %i0, %i1; selp.b32 %o0, 1, 0, %p0;", 2,
     [](u32 a, u32 b, u32) { return u32(std::isgreater(number(a), number(b))); }},
    {"setp.le.f32 %p0, %i0, %i1; selp.b32 %o0, 1, 0, %p0;", 2,
     [](u32 a, u32 b, u32) { return u32(std::islessequal(number(a), number(b))); }},
    {"setp.lt.f32 %p0, %i0, %i1; selp.b32 %o0, 1, 0, %p0;", 2,
     [](u32 a, u32 b, u32) { return u32(std::isless(number(a), number(b))); }},
    {"setp.neu.f32 %p0, %i0, %i1; selp.b32 %o0, 1, 0, %p0;", 2,
     [](u32 a, u32 b, u32) {
       return u32(std::isunordered(number(a), number(b)) || std::islessgreater(number(a), number(b)));
     }},
    {"setp.gtu.f32 %p0, %i0, %i1; selp.b32 %o0, 1, 0, %p0;", 2,
     [](u32 a, u32 b, u32) { return u32(!std::islessequal(number(a), number(b))); }},
    {"setp.leu.f32 %p0, %i0, %i1; selp.b32 %o0, 1, 0, %p0;", 2,
     [](u32 a, u32 b, u32) { return u32(!std::isgreater(number(a), number(b))); }},
    {"setp.geu.f32 %p0, %i0, %i1; selp.b32 %o0, 1, 0, %p0;", 2,
     [](u32 a, u32 b, u32) { return u32(!std::isless(number(a), number(b))); }},
    {"setp.equ.f32 %p0, %i0, %i1; selp.b32 %o0, 1, 0, %p0;", 2,
     [](u32 a, u32 b, u32) { return u32(!std::islessgreater(number(a), number(b))); }},
    {"setp.num.f32 %p0, %i0, %i1; selp.b32 %o0, 1, 0, %p0;", 2,
     [](u32 a, u32 b, u32) { return u32(!std::isunordered(number(a), number(b))); }},
    {"setp.nan.f32 %p0, %i0, %i1; selp.b32 %o0, 1, 0, %p0;", 2,
     [](u32 a, u32 b, u32) { return u32(std::isunordered(number(a), number(b))); }},
};

TEST_CASE("fp32 instructions", "[ptx]") { check_rows(kRows); }

}  // namespace
}  // namespace gan::ptx::test
