// Building blocks of handlers: an operation on elements becomes a handler that applies it to all lanes of a mask.
#pragma once

#include "tests/ptx/interpreter/decode.h"

namespace gan::ptx {

template <class Op, class D, class A>
void map1(Warp& warp, const Instruction& in, Mask m) {
  D* d = warp.reg<D>(in.d);
  const A* a = warp.src<A>(in.a);
  for_lanes(m, [&](int i) { d[i] = Op::f(a[i]); });
}

template <class Op, class D, class A, class B>
void map2(Warp& warp, const Instruction& in, Mask m) {
  D* d = warp.reg<D>(in.d);
  const A* a = warp.src<A>(in.a);
  const B* b = warp.src<B>(in.b);
  for_lanes(m, [&](int i) { d[i] = Op::f(a[i], b[i]); });
}

template <class Op, class D, class A, class B, class C>
void map3(Warp& warp, const Instruction& in, Mask m) {
  D* d = warp.reg<D>(in.d);
  const A* a = warp.src<A>(in.a);
  const B* b = warp.src<B>(in.b);
  const C* c = warp.src<C>(in.c);
  for_lanes(m, [&](int i) { d[i] = Op::f(a[i], b[i], c[i]); });
}

/// Four sources; the last is the first further operand.
template <class Op, class D, class A, class B, class C, class E>
void map4(Warp& warp, const Instruction& in, Mask m) {
  D* d = warp.reg<D>(in.d);
  const A* a = warp.src<A>(in.a);
  const B* b = warp.src<B>(in.b);
  const C* c = warp.src<C>(in.c);
  const E* e = warp.src<E>(warp.program->operands[in.extra]);
  for_lanes(m, [&](int i) { d[i] = Op::f(a[i], b[i], c[i], e[i]); });
}

inline void nothing(Warp&, const Instruction&, Mask) {}

template <class T>
T bits_as(const auto& value) {
  T result;
  static_assert(sizeof result == sizeof value);
  __builtin_memcpy(&result, &value, sizeof result);
  return result;
}

}  // namespace gan::ptx
