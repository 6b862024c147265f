// f16, bf16 and their packed pairs: computed in double with round-to-odd, then rounded once.

#include "tests/ptx/interpreter/instructions/half.h"

#include <algorithm>

#include "tests/ptx/interpreter/instructions/handlers.h"

namespace gan::ptx {
namespace {

enum class Op : u8 { kAdd, kSub, kMul, kFma, kMin, kMax, kNeg, kAbs, kEx2, kTanh };
enum Mode { kOp, kIsBrain, kSaturate, kRelu, kNaN };

/// a * b + c rounded to odd: a later rounding to fewer bits is then right. The product of two halves is exact.
double fma_to_odd(double a, double b, double c) {
  const double p = a * b, s = p + c;
  if (!std::isfinite(s)) return s;
  const double back = s - p, error = (p - (s - back)) + (c - back);
  u64 bits;
  __builtin_memcpy(&bits, &s, 8);
  if (error == 0 || (bits & 1)) return s;
  return std::nextafter(s, error > 0 ? HUGE_VAL : -HUGE_VAL);
}

float read(u16 bits, bool brain) { return brain ? BFloat{bits}.to_float() : Half{bits}.to_float(); }
u16 write(double v, bool brain) { return brain ? BFloat::from(v).bits : Half::from(v).bits; }

double extreme(float a, float b, bool less, bool nan) {
  if (std::isnan(a) || std::isnan(b)) return nan || (std::isnan(a) && std::isnan(b)) ? NAN : std::isnan(a) ? b : a;
  if (a == b) return std::signbit(a) == less ? a : b;
  return (a < b) == less ? a : b;
}

u16 apply(const Instruction& in, u16 a, u16 b, u16 c) {
  const bool brain = in.mode[kIsBrain];
  const Op op = static_cast<Op>(in.mode[kOp]);
  if (op == Op::kNeg) return a ^ 0x8000;
  if (op == Op::kAbs) return a & 0x7fff;
  const float x = read(a, brain), y = read(b, brain), z = read(c, brain);
  double r = 0;
  switch (op) {
    case Op::kAdd: r = fma_to_odd(x, 1, y); break;
    case Op::kSub: r = fma_to_odd(x, 1, -double{y}); break;
    case Op::kMul: r = double{x} * y; break;
    case Op::kFma: r = fma_to_odd(x, y, z); break;
    case Op::kMin: r = extreme(x, y, true, in.mode[kNaN]); break;
    case Op::kMax: r = extreme(x, y, false, in.mode[kNaN]); break;
    case Op::kEx2: r = std::exp2(double{x}); break;
    case Op::kTanh: r = std::tanh(double{x}); break;
    default: break;
  }
  if (in.mode[kSaturate]) r = std::isnan(r) ? 0 : std::clamp(r, 0.0, 1.0);
  if (in.mode[kRelu] && r < 0) r = 0;
  return write(r, brain);
}

void scalar(Warp& warp, const Instruction& in, Mask m) {
  u16* d = warp.reg<u16>(in.d);
  const u16 *a = warp.src<u16>(in.a), *b = warp.src<u16>(in.b), *c = warp.src<u16>(in.c);
  for_lanes(m, [&](int i) { d[i] = apply(in, a[i], b[i], c[i]); });
}

void pair(Warp& warp, const Instruction& in, Mask m) {
  u32* d = warp.reg<u32>(in.d);
  const u32 *a = warp.src<u32>(in.a), *b = warp.src<u32>(in.b), *c = warp.src<u32>(in.c);
  for_lanes(m, [&](int i) {
    const u32 low = apply(in, u16(a[i]), u16(b[i]), u16(c[i])),
              high = apply(in, u16(a[i] >> 16), u16(b[i] >> 16), u16(c[i] >> 16));
    d[i] = low | high << 16;
  });
}

}  // namespace

bool decode_half(Decoding& s, Instruction& in) {
  struct Known {
    std::string_view name;
    Op op;
    int arity;
  };
  constexpr Known kKnown[] = {{"add", Op::kAdd, 2}, {"sub", Op::kSub, 2},  {"mul", Op::kMul, 2}, {"fma", Op::kFma, 3},
                              {"min", Op::kMin, 2}, {"max", Op::kMax, 2},  {"neg", Op::kNeg, 1}, {"abs", Op::kAbs, 1},
                              {"ex2", Op::kEx2, 1}, {"tanh", Op::kTanh, 1}};
  const Known* known =
      std::find_if(std::begin(kKnown), std::end(kKnown), [&](const Known& k) { return k.name == s.name(); });
  if (known == std::end(kKnown) || s.types() != 1) return false;
  const Type t = s.type();
  const bool packed = t == Type::kF16x2 || t == Type::kBF16x2;
  if (!packed && t != Type::kF16 && t != Type::kBF16) return false;
  in.mode[kOp] = static_cast<u8>(known->op);
  in.mode[kIsBrain] = t == Type::kBF16 || t == Type::kBF16x2;
  in.mode[kSaturate] = s.has("sat"), in.mode[kRelu] = s.has("relu"), in.mode[kNaN] = s.has("NaN");
  s.has("rn"), s.has("approx"), s.has("ftz");
  in.d = s.dest(0, t), in.a = in.b = in.c = s.source(1, t);
  if (known->arity > 1) in.b = s.source(2, t);
  if (known->arity > 2) in.c = s.source(3, t);
  in.run = packed ? pair : scalar;
  return true;
}

}  // namespace gan::ptx
