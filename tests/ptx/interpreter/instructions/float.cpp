// fp32 and fp64 arithmetic. Directed roundings set the processor's mode and go through volatile operands.

#include <algorithm>
#include <cfenv>
#include <cmath>

#include "tests/ptx/interpreter/instructions/half.h"
#include "tests/ptx/interpreter/instructions/handlers.h"

namespace gan::ptx {
namespace {

/// How an instruction rounds and clamps; in Instruction::mode.
enum Mode { kRounding, kFlush, kSaturate };

/// One NaN for all: what x86 leaves depends on the order of operands that the compiler happens to choose.
inline float plain_nan(float v) { return canonical(v); }
inline double plain_nan(double v) { return v == v ? v : bits_as<double>(u64{0xfff8000000000000}); }

struct Add {
  template <class T>
  static T f(T a, T b) {
    return plain_nan(a + b);
  }
};
struct Sub {
  template <class T>
  static T f(T a, T b) {
    return plain_nan(a - b);
  }
};
struct Mul {
  template <class T>
  static T f(T a, T b) {
    return plain_nan(a * b);
  }
};
struct Div {
  template <class T>
  static T f(T a, T b) {
    return plain_nan(a / b);
  }
};
struct Fma {
  template <class T>
  static T f(T a, T b, T c) {
    return plain_nan(std::fma(a, b, c));
  }
};
struct Sqrt {
  template <class T>
  static T f(T a) {
    return plain_nan(std::sqrt(a));
  }
};
struct Rcp {
  template <class T>
  static T f(T a) {
    return plain_nan(T{1} / a);
  }
};
struct Neg {
  template <class T>
  static T f(T a) {
    return -a;
  }
};
struct Abs {
  template <class T>
  static T f(T a) {
    return std::fabs(a);
  }
};
struct CopySign {
  template <class T>
  static T f(T sign, T value) {
    return std::copysign(value, sign);
  }
};

// The approximations are better here than on hardware: computed in double, rounded once.
struct DivApprox {
  static float f(float a, float b) {
    const float size = std::fabs(b);
    if (size > 0x1p126f && size <= std::numeric_limits<float>::max())
      return std::isinf(a) || std::isnan(a) ? canonical(NAN)
                                            : std::copysign(0.0f, std::signbit(a) != std::signbit(b) ? -1.0f : 1.0f);
    return canonical(a / b);
  }
};
struct RSqrt {
  template <class T>
  static T f(T a) {
    return plain_nan(static_cast<T>(1 / std::sqrt(static_cast<double>(a))));
  }
};
struct Ex2 {
  static float f(float a) { return canonical(static_cast<float>(std::exp2(static_cast<double>(a)))); }
};
struct Lg2 {
  static float f(float a) { return canonical(static_cast<float>(std::log2(static_cast<double>(a)))); }
};
struct Sin {
  static float f(float a) { return canonical(static_cast<float>(std::sin(static_cast<double>(a)))); }
};
struct Cos {
  static float f(float a) { return canonical(static_cast<float>(std::cos(static_cast<double>(a)))); }
};
struct Tanh {
  static float f(float a) { return canonical(static_cast<float>(std::tanh(static_cast<double>(a)))); }
};

template <bool kLess, bool kNaN>
struct Extreme {
  template <class T>
  static T f(T a, T b) {
    if (a != a || b != b) {
      if (kNaN || (a != a && b != b)) return plain_nan(std::numeric_limits<T>::quiet_NaN());
      return a != a ? b : a;
    }
    if (a == b) return std::signbit(a) == kLess ? a : b;  // -0 is less than +0
    return (a < b) == kLess ? a : b;
  }
};

constexpr int kHostRounding[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};

template <class T>
T adjust_in(const Instruction& in, T v) {
  if constexpr (sizeof(T) == 4) return in.mode[kFlush] ? flush(v) : v;
  return v;
}
template <class T>
T adjust_out(const Instruction& in, T v) {
  v = adjust_in(in, v);
  if (in.mode[kSaturate]) v = v > 0 ? std::min(v, T{1}) : T{0};
  return v;
}

/// The same operations under any mode; slower.
template <class Op, class T, int kArity>
void moded(Warp& warp, const Instruction& in, Mask m) {
  T* d = warp.reg<T>(in.d);
  const T* a = warp.src<T>(in.a);
  const T* b = kArity > 1 ? warp.src<T>(in.b) : a;
  const T* c = kArity > 2 ? warp.src<T>(in.c) : a;
  if (in.mode[kRounding] != 0) std::fesetround(kHostRounding[in.mode[kRounding]]);
  for (; m != 0; m &= m - 1) {
    const int i = __builtin_ctz(m);
    volatile T x = adjust_in(in, a[i]), y = adjust_in(in, b[i]), z = adjust_in(in, c[i]);
    volatile T r;
    if constexpr (kArity == 1) r = Op::f(T(x)), (void)y, (void)z;
    else if constexpr (kArity == 2) r = Op::f(T(x), T(y)), (void)z;
    else r = Op::f(T(x), T(y), T(z));
    d[i] = adjust_out(in, T(r));
  }
  if (in.mode[kRounding] != 0) std::fesetround(FE_TONEAREST);
}

template <class Op, class T, int kArity>
constexpr Handler plain() {
  if constexpr (kArity == 1) return map1<Op, T, T>;
  else if constexpr (kArity == 2) return map2<Op, T, T, T>;
  else return map3<Op, T, T, T, T>;
}

template <class Op, int kArity>
bool decode(Decoding& s, Instruction& in) {
  const Type t = s.type();
  const int rounding = s.which({"rn", "rz", "rm", "rp"});
  in.mode[kRounding] = static_cast<u8>(std::max(rounding, 0));
  in.mode[kFlush] = s.has("ftz");
  in.mode[kSaturate] = s.has("sat");
  s.has("full"), s.has("approx"), s.has("NaN");
  const bool simple = in.mode[0] == 0 && !in.mode[1] && !in.mode[2];
  in.d = s.dest(0, t), in.a = s.source(1, t);
  if (kArity > 1) in.b = s.source(2, t);
  if (kArity > 2) in.c = s.source(3, t);
  if (t == Type::kF32) in.run = simple ? plain<Op, float, kArity>() : moded<Op, float, kArity>;
  else if constexpr (
      requires { Op::f(1.0, 1.0, 1.0); } || requires { Op::f(1.0, 1.0); } || requires { Op::f(1.0); }) {
    if constexpr (!std::is_same_v<Op, DivApprox>)
      in.run = simple ? plain<Op, double, kArity>() : moded<Op, double, kArity>;
  }
  if (t == Type::kF64 && in.run == nullptr) s.fail("not covered for f64");
  return true;
}

template <bool kLess>
bool extreme(Decoding& s, Instruction& in) {
  return s.has("NaN") ? decode<Extreme<kLess, true>, 2>(s, in) : decode<Extreme<kLess, false>, 2>(s, in);
}

}  // namespace

bool decode_float(Decoding& s, Instruction& in) {
  const std::string_view n = s.name();
  if (s.types() != 1 || (s.type() != Type::kF32 && s.type() != Type::kF64)) return false;
  const bool single = s.type() == Type::kF32;
  if (n == "add") return decode<Add, 2>(s, in);
  if (n == "sub") return decode<Sub, 2>(s, in);
  if (n == "mul") return decode<Mul, 2>(s, in);
  if (n == "fma" || n == "mad") return decode<Fma, 3>(s, in);
  if (n == "div") return s.has("approx") && single ? decode<DivApprox, 2>(s, in) : decode<Div, 2>(s, in);
  if (n == "sqrt") return decode<Sqrt, 1>(s, in);
  if (n == "rcp") return decode<Rcp, 1>(s, in);
  if (n == "rsqrt") return decode<RSqrt, 1>(s, in);
  if (n == "neg") return decode<Neg, 1>(s, in);
  if (n == "abs") return decode<Abs, 1>(s, in);
  if (n == "copysign") return decode<CopySign, 2>(s, in);
  if (n == "min") return extreme<true>(s, in);
  if (n == "max") return extreme<false>(s, in);
  if (!single) return false;
  if (n == "ex2") return decode<Ex2, 1>(s, in);
  if (n == "lg2") return decode<Lg2, 1>(s, in);
  if (n == "sin") return decode<Sin, 1>(s, in);
  if (n == "cos") return decode<Cos, 1>(s, in);
  if (n == "tanh") return decode<Tanh, 1>(s, in);
  return false;
}

}  // namespace gan::ptx
