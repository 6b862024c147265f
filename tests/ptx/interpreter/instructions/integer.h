// What integer arithmetic and bit operations share: types by width, and handlers that are picked by type.
#pragma once

#include <type_traits>

#include "tests/ptx/interpreter/instructions/handlers.h"

namespace gan::ptx {

template <class T>
using Unsigned = std::make_unsigned_t<T>;
template <class T>
using Wide =
    std::conditional_t<sizeof(T) == 2, std::conditional_t<std::is_signed_v<T>, s32, u32>,
                       std::conditional_t<sizeof(T) == 4, std::conditional_t<std::is_signed_v<T>, s64, u64>,
                                          std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>>>;
template <class T>
constexpr int kBits = 8 * sizeof(T);

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
bool binary(Decoding& s, Instruction& in) {
  const Type t = s.type();
  in.d = s.dest(0, t), in.a = s.source(1, t), in.b = s.source(2, t);
  with_int(s, t, [&]<class T>(T) { in.run = map2<Op, T, T, T>; });
  return true;
}

}  // namespace gan::ptx
