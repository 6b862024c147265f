// cvt, cvta, isspacep.

#include <cfenv>
#include <type_traits>

#include "tests/ptx/interpreter/instructions/half.h"
#include "tests/ptx/interpreter/instructions/handlers.h"

namespace gan::ptx {
namespace {

enum Mode { kFrom, kTo, kRounding, kFlush, kSaturate };  // mode[5]: slots, from * 4 + to
constexpr u8 kToInteger = 16;                            // added to a rounding: rni, rzi, rmi, rpi
constexpr u8 kRelu = 8;

template <class T>
struct Plain {
  static T f(auto a) { return static_cast<T>(a); }
};

double round_integral(double v, u8 rounding) {
  switch (rounding & 7) {
    case 0: return std::nearbyint(v);
    case 1: return std::trunc(v);
    case 2: return std::floor(v);
    default: return std::ceil(v);
  }
}

/// One element of any type: an integer in `i`, or a number in `f` if the type is a float.
struct Value {
  __int128 i = 0;
  double f = 0;
};

Value load(Type t, u64 raw) {
  Value v;
  switch (t) {
    case Type::kU8:
    case Type::kB8: v.i = u8(raw); break;
    case Type::kS8: v.i = s8(raw); break;
    case Type::kU16:
    case Type::kB16: v.i = u16(raw); break;
    case Type::kS16: v.i = s16(raw); break;
    case Type::kU32:
    case Type::kB32: v.i = u32(raw); break;
    case Type::kS32: v.i = s32(raw); break;
    case Type::kU64:
    case Type::kB64: v.i = raw; break;
    case Type::kS64: v.i = s64(raw); break;
    case Type::kF16: v.f = Half{u16(raw)}.to_float(); break;
    case Type::kBF16: v.f = BFloat{u16(raw)}.to_float(); break;
    case Type::kF32: v.f = bits_as<float>(u32(raw)); break;
    default: v.f = bits_as<double>(raw); break;
  }
  return v;
}

u64 float_bits(Type t, double v, Rounding r) {
  switch (t) {
    case Type::kF16: return Half::from(v, r).bits;
    case Type::kBF16: return BFloat::from(v, r).bits;
    case Type::kTF32: return to_tf32(static_cast<float>(v), r);
    case Type::kF32: return round_to(v, 8, 23, r);
    default: return bits_as<u64>(v);
  }
}

u64 integer_bits(Type t, __int128 v, bool saturate) {
  const int bits = int(8 * bytes_of(t));
  const __int128 most = is_signed(t) ? (__int128{1} << (bits - 1)) - 1 : (__int128{1} << bits) - 1,
                 least = is_signed(t) ? -(__int128{1} << (bits - 1)) : 0;
  if (saturate) v = v > most ? most : v < least ? least : v;
  return static_cast<u64>(v);
}

u64 convert(const Instruction& in, u64 raw) {
  const Type from = static_cast<Type>(in.mode[kFrom]), to = static_cast<Type>(in.mode[kTo]);
  const u8 rounding = in.mode[kRounding];
  const auto direction = static_cast<Rounding>(rounding & 7);
  Value v = load(from, raw);
  if (!is_float(from)) {
    if (!is_float(to)) return integer_bits(to, v.i, in.mode[kSaturate]);
    if (to == Type::kF64 || direction != Rounding::kNearest) {
      if (to == Type::kF64)
        return bits_as<u64>(is_signed(from) ? static_cast<double>(s64(v.i)) : static_cast<double>(u64(v.i)));
      return float_bits(to, static_cast<double>(v.i), direction);  // beyond 2^53 this rounds twice
    }
    if (to == Type::kF32)
      return bits_as<u32>(is_signed(from) ? static_cast<float>(s64(v.i)) : static_cast<float>(u64(v.i)));
    return float_bits(to, static_cast<double>(v.i), direction);
  }
  if (in.mode[kFlush] && from == Type::kF32) v.f = flush(static_cast<float>(v.f));
  if (is_float(to)) {
    if (rounding & kToInteger) v.f = round_integral(v.f, rounding);
    if (in.mode[kSaturate]) v.f = v.f > 0 ? std::fmin(v.f, 1.0) : 0;
    if ((rounding & kRelu) && v.f < 0) v.f = 0;
    u64 bits = float_bits(to, v.f, direction);
    if (in.mode[kFlush] && to == Type::kF32) bits = bits_as<u32>(flush(bits_as<float>(u32(bits))));
    return bits;
  }
  if (std::isnan(v.f)) return from == Type::kF64 || bytes_of(to) == 8 ? u64{1} << (8 * bytes_of(to) - 1) : 0;
  const double whole = round_integral(v.f, rounding);
  const double bounded = std::fmin(std::fmax(whole, -0x1p100), 0x1p100);
  return integer_bits(to, static_cast<__int128>(bounded), true);  // float to integer always saturates
}

u64 read_slot(const Warp& warp, u32 ref, u8 slot, int i) {
  return slot == 1 ? warp.src<u16>(ref)[i] : slot == 2 ? warp.src<u32>(ref)[i] : warp.src<u64>(ref)[i];
}
void write_slot(const Warp& warp, u32 ref, u8 slot, int i, u64 v) {
  if (slot == 1) warp.reg<u16>(ref)[i] = u16(v);
  else if (slot == 2) warp.reg<u32>(ref)[i] = u32(v);
  else warp.reg<u64>(ref)[i] = v;
}

void general(Warp& warp, const Instruction& in, Mask m) {
  const u8 from = in.mode[5] >> 2, to = in.mode[5] & 3;
  for_lanes(m, [&](int i) { write_slot(warp, in.d, to, i, convert(in, read_slot(warp, in.a, from, i))); });
}

/// cvt.rn.bf16x2.f32 d, a, b: a becomes the upper half.
void to_pair(Warp& warp, const Instruction& in, Mask m) {
  const bool brain = static_cast<Type>(in.mode[kTo]) == Type::kBF16x2;
  const float *a = warp.src<float>(in.a), *b = warp.src<float>(in.b);
  u32* d = warp.reg<u32>(in.d);
  const auto r = static_cast<Rounding>(in.mode[kRounding] & 7);
  const auto one = [&](float v) -> u32 {
    if ((in.mode[kRounding] & kRelu) && v < 0) v = 0;
    if (brain && r == Rounding::kNearest && v == v) {
      const u32 bits = bits_as<u32>(v);
      return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    }
    return brain ? BFloat::from(v, r).bits : Half::from(v, r).bits;
  };
  for_lanes(m, [&](int i) { d[i] = one(b[i]) | one(a[i]) << 16; });
}

struct Sext8 {
  template <class T>
  static T f(auto a) {
    return static_cast<T>(a);
  }
};

/// The plain conversions between integers, and the commonest with floats.
Handler fast(Type to, Type from) {
  const auto same = [](Type t) {
    return t == Type::kB32 ? Type::kU32 : t == Type::kB64 ? Type::kU64 : t == Type::kB16 ? Type::kU16 : t;
  };
  to = same(to), from = same(from);
  const auto is = [&](Type a, Type b) { return to == a && from == b; };
  if ((to == Type::kU64 || to == Type::kS64) && from == Type::kU32) return map1<Plain<u64>, u64, u32>;
  if ((to == Type::kU64 || to == Type::kS64) && from == Type::kS32) return map1<Plain<s64>, s64, s32>;
  if ((to == Type::kU32 || to == Type::kS32) && (from == Type::kU64 || from == Type::kS64))
    return map1<Plain<u32>, u32, u64>;
  if ((to == Type::kU32 || to == Type::kS32) && from == Type::kU16) return map1<Plain<u32>, u32, u16>;
  if ((to == Type::kU32 || to == Type::kS32) && from == Type::kS16) return map1<Plain<s32>, s32, s16>;
  if ((to == Type::kU16 || to == Type::kS16) && (from == Type::kU32 || from == Type::kS32))
    return map1<Plain<u16>, u16, u32>;
  if (is(Type::kF32, Type::kS32)) return map1<Plain<float>, float, s32>;
  if (is(Type::kF32, Type::kU32)) return map1<Plain<float>, float, u32>;
  return nullptr;
}

bool decode_cvt(Decoding& s, Instruction& in) {
  const Type to = s.type(0), from = s.type(1);
  const int whole = s.which({"rni", "rzi", "rmi", "rpi"}), rounding = s.which({"rn", "rz", "rm", "rp", "rna"});
  in.mode[kFrom] = static_cast<u8>(from), in.mode[kTo] = static_cast<u8>(to);
  in.mode[kRounding] = static_cast<u8>(whole >= 0 ? whole + kToInteger : rounding >= 0 ? rounding : 0);
  in.mode[kFlush] = s.has("ftz"), in.mode[kSaturate] = s.has("sat");
  if (s.has("relu")) in.mode[kRounding] |= kRelu;
  if (s.has("satfinite")) s.fail(".satfinite is not covered");
  if (to == Type::kF16x2 || to == Type::kBF16x2) {
    in.d = s.dest(0, to), in.a = s.source(1, Type::kF32), in.b = s.source(2, Type::kF32);
    in.run = to_pair;
    return true;
  }
  // Registers may be wider than the types.
  const auto slot = [&](const Operand& o, Type t) {
    return o.kind == Operand::Kind::kRegister ? std::max(o.width, slot_of(t)) : slot_of(t);
  };
  const Width from_slot = slot(s.operand(1), from), to_slot = slot(s.operand(0), to);
  const auto with_slot = [](Width width) {
    return width == Width::kHalf ? Type::kB16 : width == Width::kWord ? Type::kB32 : Type::kB64;
  };
  in.d = s.dest(0, with_slot(to_slot)), in.a = s.source(1, with_slot(from_slot));
  in.mode[5] = static_cast<u8>(static_cast<int>(from_slot) << 2 | static_cast<int>(to_slot));
  const bool plain_slots = from_slot == slot_of(from) && to_slot == slot_of(to);
  if (plain_slots && !in.mode[kSaturate] && !in.mode[kFlush] && in.mode[kRounding] == 0) in.run = fast(to, from);
  if (in.run == nullptr) in.run = general;
  return true;
}

// ---- state spaces ----

constexpr u64 window(Space space) {
  switch (space) {
    case Space::kShared: return kSharedWindow;
    case Space::kLocal: return kLocalWindow;
    case Space::kParam: return kParamWindow;
    default: return 0;
  }
}

void to_generic(Warp& warp, const Instruction& in, Mask m) {
  const u64 add = window(in.space);
  const u64* a = warp.src<u64>(in.a);
  u64* d = warp.reg<u64>(in.d);
  for_lanes(m, [&](int i) { d[i] = a[i] + add; });
}

/// Checked, unlike on hardware, where the result would be an address of something else.
void from_generic(Warp& warp, const Instruction& in, Mask m) {
  const u64 base = window(in.space);
  const u64* a = warp.src<u64>(in.a);
  u64* d = warp.reg<u64>(in.d);
  for_lanes(m, [&](int i) { d[i] = a[i] - base; });
}

void is_space(Warp& warp, const Instruction& in, Mask m) {
  const u64* a = warp.src<u64>(in.a);
  Mask v = 0;
  for (int i = 0; i < kLanes; ++i) {
    const u64 top = a[i] & ~(kWindowBytes - 1);
    const bool special = top == kSharedWindow || top == kLocalWindow || top == kParamWindow;
    v |= Mask{in.space == Space::kGlobal || in.space == Space::kConst ? !special : top == window(in.space)} << i;
  }
  warp.set_pred(in.d, v, m);
}

}  // namespace

bool decode_convert(Decoding& s, Instruction& in) {
  if (s.name() == "cvt") return decode_cvt(s, in);
  if (s.name() == "cvta") {
    const bool to = s.has("to");
    in.space = s.space();
    const Type t = s.type();
    in.d = s.dest(0, t), in.a = s.source(1, t);
    in.run = to ? from_generic : to_generic;
    return true;
  }
  if (s.name() == "isspacep") {
    in.space = s.space();
    in.d = s.dest(0, Type::kPred), in.a = s.source(1, Type::kU64);
    in.run = is_space;
    return true;
  }
  return false;
}

}  // namespace gan::ptx
