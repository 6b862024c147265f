// Integer arithmetic, with carries.

#include "tests/ptx/interpreter/instructions/integer.h"

#include <bit>

namespace gan::ptx {
namespace {

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
struct Sad {
  template <class T>
  static T f(T a, T b, T c) {
    return Add::f<T>(c, a < b ? Sub::f<T>(b, a) : Sub::f<T>(a, b));
  }
};

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

}  // namespace

bool decode_integer(Decoding& s, Instruction& in) {
  const std::string_view n = s.name();
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
