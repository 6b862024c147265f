// Integer arithmetic, logic, shifts, bit fields, moves.

#include <bit>
#include <type_traits>

#include "tests/ptx/interpreter/instructions/handlers.h"

namespace gan::ptx {
namespace {

template <class T>
using Unsigned = std::make_unsigned_t<T>;
template <class T>
using Wide =
    std::conditional_t<sizeof(T) == 2, std::conditional_t<std::is_signed_v<T>, s32, u32>,
                       std::conditional_t<sizeof(T) == 4, std::conditional_t<std::is_signed_v<T>, s64, u64>,
                                          std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>>>;
template <class T>
constexpr int kBits = 8 * sizeof(T);

// Sums and low products do not depend on the sign: they are computed unsigned, where they may wrap.
struct Add {
  template <class T>
  static T f(T a, T b) {
    return static_cast<T>(Unsigned<T>(a) + Unsigned<T>(b));
  }
};
struct Sub {
  template <class T>
  static T f(T a, T b) {
    return static_cast<T>(Unsigned<T>(a) - Unsigned<T>(b));
  }
};
struct MulLo {
  template <class T>
  static T f(T a, T b) {
    return static_cast<T>(u64(Unsigned<T>(a)) * Unsigned<T>(b));
  }
};
struct MulHi {
  template <class T>
  static T f(T a, T b) {
    return static_cast<T>((Wide<T>(a) * Wide<T>(b)) >> kBits<T>);
  }
};
struct MulWide {
  template <class T>
  static Wide<T> f(T a, T b) {
    return static_cast<Wide<T>>(Wide<T>(a) * Wide<T>(b));
  }
};
struct MadLo {
  template <class T>
  static T f(T a, T b, T c) {
    return Add::f<T>(MulLo::f<T>(a, b), c);
  }
};
struct MadHi {
  template <class T>
  static T f(T a, T b, T c) {
    return Add::f<T>(MulHi::f<T>(a, b), c);
  }
};
struct MadWide {
  template <class T>
  static Wide<T> f(T a, T b, Wide<T> c) {
    return Add::f<Wide<T>>(MulWide::f<T>(a, b), c);
  }
};
struct Div {
  template <class T>
  static T f(T a, T b) {
    if (b == 0) return static_cast<T>(~T{0});
    if constexpr (std::is_signed_v<T>)
      if (b == -1) return Sub::f<T>(0, a);
    return static_cast<T>(a / b);
  }
};
struct Rem {
  template <class T>
  static T f(T a, T b) {
    if (b == 0) return a;
    if constexpr (std::is_signed_v<T>)
      if (b == -1) return 0;
    return static_cast<T>(a % b);
  }
};
struct Min {
  template <class T>
  static T f(T a, T b) {
    return b < a ? b : a;
  }
};
struct Max {
  template <class T>
  static T f(T a, T b) {
    return a < b ? b : a;
  }
};
struct AddSat {
  static s32 f(s32 a, s32 b) {
    const s64 s = s64{a} + b;
    return s > INT32_MAX ? INT32_MAX : s < INT32_MIN ? INT32_MIN : s32(s);
  }
};
struct SubSat {
  static s32 f(s32 a, s32 b) {
    const s64 s = s64{a} - b;
    return s > INT32_MAX ? INT32_MAX : s < INT32_MIN ? INT32_MIN : s32(s);
  }
};
struct Neg {
  template <class T>
  static T f(T a) {
    return Sub::f<T>(0, a);
  }
};
struct Abs {
  template <class T>
  static T f(T a) {
    return a < 0 ? Sub::f<T>(0, a) : a;
  }
};
struct And {
  template <class T>
  static T f(T a, T b) {
    return a & b;
  }
};
struct Or {
  template <class T>
  static T f(T a, T b) {
    return a | b;
  }
};
struct Xor {
  template <class T>
  static T f(T a, T b) {
    return a ^ b;
  }
};
struct Not {
  template <class T>
  static T f(T a) {
    return static_cast<T>(~a);
  }
};
struct CNot {
  template <class T>
  static T f(T a) {
    return a == 0;
  }
};
struct Shl {
  template <class T>
  static T f(T a, u32 b) {
    return b >= u32(kBits<T>) ? T{0} : static_cast<T>(a << b);
  }
};
struct Shr {
  template <class T>
  static T f(T a, u32 b) {
    return static_cast<T>(b >= u32(kBits<T>) ? (a < 0 ? -1 : 0) : a >> b);
  }
};
struct Popc {
  template <class T>
  static u32 f(T a) {
    return u32(std::popcount(a));
  }
};
struct Clz {
  template <class T>
  static u32 f(T a) {
    return u32(std::countl_zero(a));
  }
};
struct Brev {
  template <class T>
  static T f(T a) {
    T r = 0;
    for (int i = 0; i < kBits<T>; ++i) r = static_cast<T>(r | (((a >> i) & 1) << (kBits<T> - 1 - i)));
    return r;
  }
};
template <bool kShiftAmount>
struct Bfind {
  template <class T>
  static u32 f(T a) {
    Unsigned<T> v = Unsigned<T>(a);
    if constexpr (std::is_signed_v<T>)
      if (a < 0) v = ~v;
    if (v == 0) return ~u32{0};
    const u32 lead = u32(std::countl_zero(v));
    return kShiftAmount ? lead : u32(kBits<T>) - 1 - lead;
  }
};
struct Bfe {
  template <class T>
  static T f(T a, u32 b, u32 c) {
    const u32 pos = b & 255, len = c & 255, msb = kBits<T> - 1;
    u32 sign_at = pos + len == 0 ? 0 : std::min(pos + len - 1, msb);
    const bool sign = std::is_signed_v<T> && len > 0 && ((Unsigned<T>(a) >> sign_at) & 1);
    Unsigned<T> d = 0;
    for (u32 i = 0; i <= msb; ++i) {
      const bool bit = i < len && pos + i <= msb ? (Unsigned<T>(a) >> (pos + i)) & 1 : sign;
      d |= Unsigned<T>(bit) << i;
    }
    return static_cast<T>(d);
  }
};
struct Bfi {
  template <class T>
  static T f(T a, T b, u32 c, u32 e) {
    const u32 pos = c & 255, len = e & 255;
    T r = b;
    for (u32 i = 0; i < len && pos + i < u32(kBits<T>); ++i)
      r = static_cast<T>((r & ~(T{1} << (pos + i))) | (((a >> i) & 1) << (pos + i)));
    return r;
  }
};
template <bool kLeft, bool kWrap>
struct Funnel {
  static u32 f(u32 a, u32 b, u32 c) {
    const u32 n = kWrap ? c & 31 : std::min(c, u32{32});
    const u64 both = u64{b} << 32 | a;
    return kLeft ? u32((both << n) >> 32) : u32(both >> n);
  }
};
struct Prmt {
  static u32 f(u32 a, u32 b, u32 c) {
    const u64 both = u64{b} << 32 | a;
    u32 r = 0;
    for (int i = 0; i < 4; ++i) {
      const u32 select = c >> (4 * i) & 15;
      u32 byte = both >> (8 * (select & 7)) & 255;
      if (select & 8) byte = byte & 128 ? 255 : 0;
      r |= byte << (8 * i);
    }
    return r;
  }
};
struct Sad {
  template <class T>
  static T f(T a, T b, T c) {
    return Add::f<T>(c, a < b ? Sub::f<T>(b, a) : Sub::f<T>(a, b));
  }
};
struct Copy {
  template <class T>
  static T f(T a) {
    return a;
  }
};

void lop3(Warp& warp, const Instruction& in, Mask m) {
  u32* d = warp.reg<u32>(in.d);
  const u32 *a = warp.src<u32>(in.a), *b = warp.src<u32>(in.b), *c = warp.src<u32>(in.c);
  const u32 table = in.target;
  for_lanes(m, [&](int i) {
    u32 r = 0;
    for (u32 k = 0; k < 8; ++k)
      if (table >> k & 1) r |= (k & 4 ? a[i] : ~a[i]) & (k & 2 ? b[i] : ~b[i]) & (k & 1 ? c[i] : ~c[i]);
    d[i] = r;
  });
}

/// add.cc, addc, sub.cc, subc: mode[0] subtract, mode[1] reads the carry, mode[2] writes it.
template <class T>
void with_carry(Warp& warp, const Instruction& in, Mask m) {
  T* d = warp.reg<T>(in.d);
  const T *a = warp.src<T>(in.a), *b = warp.src<T>(in.b);
  for_lanes(m, [&](int i) {
    const T carry = in.mode[1] ? T(warp.carry >> i & 1) : T{0};
    const unsigned __int128 wide =
        in.mode[0] ? (unsigned __int128)a[i] - b[i] - carry : (unsigned __int128)a[i] + b[i] + carry;
    d[i] = static_cast<T>(wide);
    if (in.mode[2]) warp.carry = (warp.carry & ~(Mask{1} << i)) | (Mask((wide >> kBits<T>)&1) << i);
  });
}

/// mad.cc, madc: mode[0] the upper half of the product, mode[1] and mode[2] as above.
template <class T>
void mad_with_carry(Warp& warp, const Instruction& in, Mask m) {
  T* d = warp.reg<T>(in.d);
  const T *a = warp.src<T>(in.a), *b = warp.src<T>(in.b), *c = warp.src<T>(in.c);
  for_lanes(m, [&](int i) {
    const T product = in.mode[0] ? MulHi::f<T>(a[i], b[i]) : MulLo::f<T>(a[i], b[i]);
    const auto sum =
        (unsigned __int128)Unsigned<T>(product) + Unsigned<T>(c[i]) + (in.mode[1] ? warp.carry >> i & 1 : 0);
    d[i] = static_cast<T>(sum);
    if (in.mode[2]) warp.carry = (warp.carry & ~(Mask{1} << i)) | (Mask((sum >> kBits<T>)&1) << i);
  });
}

template <class Op>
void predicates(Warp& warp, const Instruction& in, Mask m) {
  warp.set_pred(in.d, Op::template f<Mask>(warp.pred(in.a), warp.pred(in.b)), m);
}
void not_predicate(Warp& warp, const Instruction& in, Mask m) { warp.set_pred(in.d, ~warp.pred(in.a), m); }
void move_predicate(Warp& warp, const Instruction& in, Mask m) { warp.set_pred(in.d, warp.pred(in.a), m); }

/// mov between one wide register and a vector of narrow ones.
template <class W, class N>
void unpack_vector(Warp& warp, const Instruction& in, Mask m) {
  const W* a = warp.src<W>(in.a);
  std::array<W, kLanes> copy;
  std::copy(a, a + kLanes, copy.begin());
  for (u16 k = 0; k < in.count; ++k) {
    N* d = warp.reg<N>(warp.program->operands[in.extra + k]);
    for_lanes(m, [&](int i) { d[i] = static_cast<N>(copy[static_cast<std::size_t>(i)] >> (kBits<N> * k)); });
  }
}
template <class W, class N>
void pack_vector(Warp& warp, const Instruction& in, Mask m) {
  std::array<W, kLanes> r{};
  for (u16 k = 0; k < in.count; ++k) {
    const N* s = warp.src<N>(warp.program->operands[in.extra + k]);
    for_lanes(m, [&](int i) { r[static_cast<std::size_t>(i)] |= W{s[i]} << (kBits<N> * k); });
  }
  W* d = warp.reg<W>(in.d);
  for_lanes(m, [&](int i) { d[i] = r[static_cast<std::size_t>(i)]; });
}

/// Calls `f` with a value of the integer type.
template <class F>
void with_int(Decoding& s, Type t, F f) {
  switch (t) {
    case Type::kB16:
    case Type::kU16: return f(u16{});
    case Type::kS16: return f(s16{});
    case Type::kB32:
    case Type::kU32: return f(u32{});
    case Type::kS32: return f(s32{});
    case Type::kB64:
    case Type::kU64: return f(u64{});
    case Type::kS64: return f(s64{});
    default: s.fail("not an integer type");
  }
}

template <class Op>
bool unary(Decoding& s, Instruction& in) {
  const Type t = s.type();
  in.d = s.dest(0, t), in.a = s.source(1, t);
  with_int(s, t, [&]<class T>(T) { in.run = map1<Op, T, T>; });
  return true;
}
template <class Op>
bool unary_to_u32(Decoding& s, Instruction& in) {
  const Type t = s.type();
  in.d = s.dest(0, Type::kU32), in.a = s.source(1, t);
  with_int(s, t, [&]<class T>(T) {
    if constexpr (std::is_same_v<Op, Bfind<true>> || std::is_same_v<Op, Bfind<false>>) in.run = map1<Op, u32, T>;
    else in.run = map1<Op, u32, Unsigned<T>>;
  });
  return true;
}
template <class Op>
bool binary(Decoding& s, Instruction& in) {
  const Type t = s.type();
  in.d = s.dest(0, t), in.a = s.source(1, t), in.b = s.source(2, t);
  with_int(s, t, [&]<class T>(T) { in.run = map2<Op, T, T, T>; });
  return true;
}
template <class Op>
bool logic(Decoding& s, Instruction& in) {
  if (s.type() != Type::kPred) return binary<Op>(s, in);
  in.d = s.dest(0, Type::kPred), in.a = s.source(1, Type::kPred), in.b = s.source(2, Type::kPred);
  in.run = predicates<Op>;
  return true;
}
template <class Op>
bool shift(Decoding& s, Instruction& in) {
  const Type t = s.type();
  in.d = s.dest(0, t), in.a = s.source(1, t), in.b = s.source(2, Type::kU32);
  with_int(s, t, [&]<class T>(T) { in.run = map2<Op, T, T, u32>; });
  return true;
}

bool multiply(Decoding& s, Instruction& in, bool add) {
  const int kind = s.which({"lo", "hi", "wide"});
  const Type t = s.type();
  in.a = s.source(1, t), in.b = s.source(2, t);
  Type result = t;
  if (kind == 2)
    result = t == Type::kU16 ? Type::kU32 : t == Type::kS16 ? Type::kS32 : t == Type::kU32 ? Type::kU64 : Type::kS64;
  in.d = s.dest(0, result);
  if (add) in.c = s.source(3, result);
  with_int(s, t, [&]<class T>(T) {
    if (kind == 2) {
      if constexpr (sizeof(T) == 8) s.fail("no wide product of 64 bits");
      else in.run = add ? map3<MadWide, Wide<T>, T, T, Wide<T>> : map2<MulWide, Wide<T>, T, T>;
    } else if (kind == 1) {
      in.run = add ? map3<MadHi, T, T, T, T> : map2<MulHi, T, T, T>;
    } else {
      in.run = add ? map3<MadLo, T, T, T, T> : map2<MulLo, T, T, T>;
    }
  });
  return true;
}

bool carry(Decoding& s, Instruction& in) {
  in.mode[0] = s.name().starts_with("sub");
  in.mode[1] = s.name().ends_with("c");
  in.mode[2] = s.has("cc");
  const Type t = s.type();
  in.d = s.dest(0, t), in.a = s.source(1, t), in.b = s.source(2, t);
  in.run = bytes_of(t) == 8 ? with_carry<u64> : with_carry<u32>;
  return true;
}

bool mad_carry(Decoding& s, Instruction& in) {
  in.mode[0] = s.which({"lo", "hi"}) == 1;
  in.mode[1] = s.name() == "madc";
  in.mode[2] = s.has("cc");
  const Type t = s.type();
  in.d = s.dest(0, t), in.a = s.source(1, t), in.b = s.source(2, t), in.c = s.source(3, t);
  with_int(s, t, [&]<class T>(T) {
    if constexpr (sizeof(T) >= 4) in.run = mad_with_carry<T>;
  });
  return true;
}

bool move(Decoding& s, Instruction& in) {
  const Type t = s.type();
  const Operand &to = s.operand(0), &from = s.operand(1);
  const u32 bytes = bytes_of(t);
  if (to.kind == Operand::Kind::kVector || from.kind == Operand::Kind::kVector) {
    const bool unpack = to.kind == Operand::Kind::kVector;
    const std::size_t parts = unpack ? to.parts.size() : from.parts.size();
    const u32 narrow = bytes / u32(parts);
    const Type part = narrow == 4 ? Type::kB32 : narrow == 2 ? Type::kB16 : Type::kUntyped;
    if (part == Type::kUntyped) s.fail("these parts are not covered");
    if (unpack) in.a = s.source(from, t);
    else in.d = s.dest(to, t);
    s.append(unpack ? to : from, part, in, unpack);
    if (bytes == 8 && narrow == 4) in.run = unpack ? unpack_vector<u64, u32> : pack_vector<u64, u32>;
    else if (bytes == 8) in.run = unpack ? unpack_vector<u64, u16> : pack_vector<u64, u16>;
    else in.run = unpack ? unpack_vector<u32, u16> : pack_vector<u32, u16>;
    return true;
  }
  in.d = s.dest(0, t), in.a = s.source(1, t);
  in.run = t == Type::kPred ? move_predicate
           : bytes <= 2     ? map1<Copy, u16, u16>
           : bytes == 4     ? map1<Copy, u32, u32>
                            : map1<Copy, u64, u64>;
  return true;
}

bool bit_field(Decoding& s, Instruction& in, bool insert) {
  const Type t = s.type();
  in.d = s.dest(0, t), in.a = s.source(1, t);
  if (insert) {
    in.b = s.source(2, t), in.c = s.source(3, Type::kU32);
    s.append(s.source(4, Type::kU32), in);
    in.run = bytes_of(t) == 4 ? map4<Bfi, u32, u32, u32, u32, u32> : map4<Bfi, u64, u64, u64, u32, u32>;
  } else {
    in.b = s.source(2, Type::kU32), in.c = s.source(3, Type::kU32);
    with_int(s, t, [&]<class T>(T) { in.run = map3<Bfe, T, T, u32, u32>; });
  }
  return true;
}

bool three_words(Decoding& s, Instruction& in) {
  in.d = s.dest(0, Type::kB32), in.a = s.source(1, Type::kB32), in.b = s.source(2, Type::kB32),
  in.c = s.source(3, Type::kU32);
  s.type();
  if (s.name() == "lop3") {
    in.run = lop3;
    in.target = u32(s.operand(4).number);
  } else if (s.name() == "shf") {
    const bool left = s.which({"l", "r"}) == 0, wrap = s.which({"wrap", "clamp"}) == 0;
    in.run =
        left ? (wrap ? map3<Funnel<true, true>, u32, u32, u32, u32> : map3<Funnel<true, false>, u32, u32, u32, u32>)
             : (wrap ? map3<Funnel<false, true>, u32, u32, u32, u32> : map3<Funnel<false, false>, u32, u32, u32, u32>);
  } else {
    in.run = map3<Prmt, u32, u32, u32, u32>;
  }
  return true;
}

}  // namespace

bool decode_integer(Decoding& s, Instruction& in) {
  const std::string_view n = s.name();
  if (n == "mov") return move(s, in);
  if (n == "shl") return shift<Shl>(s, in);
  if (n == "shr") return shift<Shr>(s, in);
  if (n == "and") return logic<And>(s, in);
  if (n == "or") return logic<Or>(s, in);
  if (n == "xor") return logic<Xor>(s, in);
  if (n == "cnot") return unary<CNot>(s, in);
  if (n == "not") {
    if (s.type() != Type::kPred) return unary<Not>(s, in);
    in.d = s.dest(0, Type::kPred), in.a = s.source(1, Type::kPred);
    in.run = not_predicate;
    return true;
  }
  if (n == "popc") return unary_to_u32<Popc>(s, in);
  if (n == "clz") return unary_to_u32<Clz>(s, in);
  if (n == "bfind") return s.has("shiftamt") ? unary_to_u32<Bfind<true>>(s, in) : unary_to_u32<Bfind<false>>(s, in);
  if (n == "brev") return unary<Brev>(s, in);
  if (n == "bfe" || n == "bfi") return bit_field(s, in, n == "bfi");
  if (n == "lop3" || n == "shf" || n == "prmt") return three_words(s, in);
  if (n == "addc" || n == "subc" || ((n == "add" || n == "sub") && s.has("cc"))) return carry(s, in);
  if (n == "madc" || (n == "mad" && s.has("cc"))) return mad_carry(s, in);
  if (s.types() == 0 || is_float(s.type())) return false;
  if (n == "add" || n == "sub") {
    if (!s.has("sat")) return n == "add" ? binary<Add>(s, in) : binary<Sub>(s, in);
    in.d = s.dest(0, Type::kS32), in.a = s.source(1, Type::kS32), in.b = s.source(2, Type::kS32);
    in.run = n == "add" ? map2<AddSat, s32, s32, s32> : map2<SubSat, s32, s32, s32>;
    return true;
  }
  if (n == "mul" || n == "mad") return multiply(s, in, n == "mad");
  if (n == "div") return binary<Div>(s, in);
  if (n == "rem") return binary<Rem>(s, in);
  if (n == "min") return binary<Min>(s, in);
  if (n == "max") return binary<Max>(s, in);
  if (n == "neg") return unary<Neg>(s, in);
  if (n == "abs") return unary<Abs>(s, in);
  if (n == "sad") {
    const Type t = s.type();
    in.d = s.dest(0, t), in.a = s.source(1, t), in.b = s.source(2, t), in.c = s.source(3, t);
    with_int(s, t, [&]<class T>(T) { in.run = map3<Sad, T, T, T, T>; });
    return true;
  }
  return false;
}

}  // namespace gan::ptx
