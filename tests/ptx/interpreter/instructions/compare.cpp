// setp, set, selp, slct, testp.

#include <cmath>
#include <cstring>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "tests/ptx/interpreter/instructions/half.h"
#include "tests/ptx/interpreter/instructions/handlers.h"

namespace gan::ptx {

Mask pack(const u32* values) {
#if defined(__AVX2__)
  Mask result = 0;
  for (int i = 0; i < 4; ++i) {
    const __m256i v = _mm256_slli_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + 8 * i)), 31);
    result |= static_cast<Mask>(_mm256_movemask_ps(_mm256_castsi256_ps(v))) << (8 * i);
  }
  return result;
#else
  Mask result = 0;
  for (int i = 0; i < kLanes; ++i) result |= (values[i] & 1) << i;
  return result;
#endif
}

namespace {

template <class T>
float value(T x) {
  return x.to_float();
}
template <>
[[maybe_unused]] float value(float x) {
  return x;
}

struct Eq {
  static bool f(auto a, auto b) { return a == b; }
};
struct Ne {
  static bool f(auto a, auto b) { return a < b || a > b; }
};  // ordered: false with NaN
struct Lt {
  static bool f(auto a, auto b) { return a < b; }
};
struct Le {
  static bool f(auto a, auto b) { return a <= b; }
};
struct Gt {
  static bool f(auto a, auto b) { return a > b; }
};
struct Ge {
  static bool f(auto a, auto b) { return a >= b; }
};
template <class Op>
struct Unordered {
  static bool f(auto a, auto b) { return a != a || b != b || Op::f(a, b); }
};
struct Num {
  static bool f(auto a, auto b) { return a == a && b == b; }
};
struct Nan {
  static bool f(auto a, auto b) { return a != a || b != b; }
};

/// mode[0]: combine with predicate c by and, or, xor (1, 2, 3); mode[1]: negate c; mode[2]: flush; target: second destination.
template <class Op, class T>
Mask compared(Warp& warp, const Instruction& in) {
  const T *a = warp.src<T>(in.a), *b = warp.src<T>(in.b);
  u32 bits[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat>)
      bits[i] = Op::f(a[i].to_float(), b[i].to_float());
    else if constexpr (std::is_same_v<T, float>)
      bits[i] = in.mode[2] ? Op::f(flush(a[i]), flush(b[i])) : Op::f(a[i], b[i]);
    else bits[i] = Op::f(a[i], b[i]);
  }
  return pack(bits);
}

Mask combine(const Warp& warp, const Instruction& in, Mask value) {
  if (in.mode[0] == 0) return value;
  const Mask c = in.mode[1] ? ~warp.pred(in.c) : warp.pred(in.c);
  return in.mode[0] == 1 ? value & c : in.mode[0] == 2 ? value | c : value ^ c;
}

template <class Op, class T>
void setp(Warp& warp, const Instruction& in, Mask m) {
  const Mask v = compared<Op, T>(warp, in);
  const Mask first = combine(warp, in, v), second = combine(warp, in, ~v);
  warp.set_pred(in.d, first, m);
  if (in.target != kNone) warp.set_pred(in.target, second, m);
}

/// set: in.offset holds the bits that say true, mode[3] that the result has 16 bits.
template <class Op, class T>
void set(Warp& warp, const Instruction& in, Mask m) {
  const Mask v = combine(warp, in, compared<Op, T>(warp, in));
  const auto yes = static_cast<u32>(in.offset);
  if (in.mode[3]) for_lanes(m, [&](int i) { warp.reg<u16>(in.d)[i] = static_cast<u16>((v >> i & 1) ? yes : 0); });
  else for_lanes(m, [&](int i) { warp.reg<u32>(in.d)[i] = (v >> i & 1) ? yes : 0; });
}

template <class T>
void selp(Warp& warp, const Instruction& in, Mask m) {
  const Mask p = warp.pred(in.c);
  T* d = warp.reg<T>(in.d);
  const T *a = warp.src<T>(in.a), *b = warp.src<T>(in.b);
  for_lanes(m, [&](int i) { d[i] = (p >> i & 1) ? a[i] : b[i]; });
}

template <class T, class C>
void slct(Warp& warp, const Instruction& in, Mask m) {
  T* d = warp.reg<T>(in.d);
  const T *a = warp.src<T>(in.a), *b = warp.src<T>(in.b);
  const C* c = warp.src<C>(in.c);
  for_lanes(m, [&](int i) { d[i] = c[i] >= 0 ? a[i] : b[i]; });
}

template <class T>
void testp(Warp& warp, const Instruction& in, Mask m) {
  const T* a = warp.src<T>(in.a);
  Mask v = 0;
  for (int i = 0; i < kLanes; ++i) {
    const int kind = std::fpclassify(a[i]);
    const bool is[6] = {kind != FP_NAN && kind != FP_INFINITE,
                        kind == FP_INFINITE,
                        kind != FP_NAN,
                        kind == FP_NAN,
                        kind == FP_NORMAL,
                        kind == FP_SUBNORMAL};
    v |= Mask{is[in.mode[0]]} << i;
  }
  warp.set_pred(in.d, v, m);
}

template <template <class, class> class Make, class T>
Handler pick(Decoding& s, int op) {
  constexpr bool kInt = std::is_integral_v<T>;
  switch (op) {
    case 0: return Make<Eq, T>::run;
    case 1: return Make<Ne, T>::run;
    case 2:
    case 6: return Make<Lt, T>::run;
    case 3:
    case 7: return Make<Le, T>::run;
    case 4:
    case 8: return Make<Gt, T>::run;
    case 5:
    case 9: return Make<Ge, T>::run;
    default: break;
  }
  if constexpr (!kInt) switch (op) {
      case 10: return Make<Unordered<Eq>, T>::run;
      case 11: return Make<Unordered<Ne>, T>::run;
      case 12: return Make<Unordered<Lt>, T>::run;
      case 13: return Make<Unordered<Le>, T>::run;
      case 14: return Make<Unordered<Gt>, T>::run;
      case 15: return Make<Unordered<Ge>, T>::run;
      case 16: return Make<Num, T>::run;
      case 17: return Make<Nan, T>::run;
      default: break;
    }
  s.fail("a comparison is missing or not covered");
}
template <class Op, class T>
struct Setp {
  static constexpr Handler run = setp<Op, T>;
};
template <class Op, class T>
struct Set {
  static constexpr Handler run = set<Op, T>;
};

template <template <class, class> class Make>
Handler pick(Decoding& s, int op, Type t) {
  switch (t) {
    case Type::kB16:
    case Type::kU16: return pick<Make, u16>(s, op);
    case Type::kS16: return pick<Make, s16>(s, op);
    case Type::kB32:
    case Type::kU32: return pick<Make, u32>(s, op);
    case Type::kS32: return pick<Make, s32>(s, op);
    case Type::kB64:
    case Type::kU64: return pick<Make, u64>(s, op);
    case Type::kS64: return pick<Make, s64>(s, op);
    case Type::kF16: return pick<Make, Half>(s, op);
    case Type::kBF16: return pick<Make, BFloat>(s, op);
    case Type::kF32: return pick<Make, float>(s, op);
    case Type::kF64: return pick<Make, double>(s, op);
    default: s.fail("this type is not covered");
  }
}

}  // namespace

bool decode_compare(Decoding& s, Instruction& in) {
  const std::string_view n = s.name();
  if (n == "setp" || n == "set") {
    const int op = s.which({"eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ", "neu", "ltu", "leu",
                            "gtu", "geu", "num", "nan"});
    in.mode[0] = static_cast<u8>(s.which({"and", "or", "xor"}) + 1);
    in.mode[2] = s.has("ftz");
    const Type t = s.last_type();
    in.a = s.source(1, t), in.b = s.source(2, t);
    if (in.mode[0] != 0) in.c = s.source(3, Type::kPred), in.mode[1] = s.operand(3).negated;
    in.target = kNone;
    if (n == "set") {
      const Type result = s.type(0);
      if (slot_of(result) != Width::kHalf && slot_of(result) != Width::kWord) s.fail("this result is not covered");
      in.mode[3] = slot_of(result) == Width::kHalf;
      in.offset = result == Type::kF32    ? 0x3f800000
                  : result == Type::kF16  ? 0x3c00
                  : result == Type::kBF16 ? 0x3f80
                                          : 0xffffffff;
      in.d = s.dest(0, result);
      in.run = pick<Set>(s, op, t);
      return true;
    }
    if (s.operand(0).kind == Operand::Kind::kVector) {
      in.d = s.dest(s.operand(0).parts[0], Type::kPred), in.target = s.dest(s.operand(0).parts[1], Type::kPred);
    } else {
      in.d = s.dest(0, Type::kPred);
    }
    in.run = pick<Setp>(s, op, t);
    return true;
  }
  if (n == "selp") {
    const Type t = s.type();
    in.d = s.dest(0, t), in.a = s.source(1, t), in.b = s.source(2, t), in.c = s.source(3, Type::kPred);
    if (s.operand(3).negated) s.fail("a negated predicate is not covered");
    const u32 bytes = bytes_of(t);
    in.run = bytes == 2 ? selp<u16> : bytes == 4 ? selp<u32> : selp<u64>;
    return true;
  }
  if (n == "slct") {
    const Type t = s.type(0), c = s.type(1);
    in.d = s.dest(0, t), in.a = s.source(1, t), in.b = s.source(2, t), in.c = s.source(3, c);
    const bool wide = bytes_of(t) == 8, is_f = c == Type::kF32;
    in.run = wide ? (is_f ? slct<u64, float> : slct<u64, s32>) : (is_f ? slct<u32, float> : slct<u32, s32>);
    return true;
  }
  if (n == "testp") {
    in.mode[0] = static_cast<u8>(s.which({"finite", "infinite", "number", "notanumber", "normal", "subnormal"}));
    const Type t = s.type();
    in.d = s.dest(0, Type::kPred), in.a = s.source(1, t);
    in.run = t == Type::kF32 ? testp<float> : testp<double>;
    return true;
  }
  return false;
}

}  // namespace gan::ptx
