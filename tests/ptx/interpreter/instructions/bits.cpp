// Logic, shifts, bit fields, permutations, moves.

#include "tests/ptx/interpreter/instructions/integer.h"

#include <bit>

namespace gan::ptx {
namespace {

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

bool decode_bits(Decoding& s, Instruction& in) {
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
  return false;
}

}  // namespace gan::ptx
