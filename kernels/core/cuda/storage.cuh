// The storage types of activations and weights on CUDA: memory holds elements of a type T, registers hold floats.
//
// Kernels that read or write activations are templates of T and move them with load<N>() and store<N>() alone.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "kernels/core/contract/tensor.h"
#include "kernels/core/cuda/launch.cuh"

namespace gan {

/// Throws Error: the CUDA kernels of `instruction` do not take elements of this type.
[[noreturn]] void refuse_storage(const char* instruction, DType dtype);

/// Calls body(T{}) with the type in which the elements of a `dtype` are stored. Throws Error for those that CUDA kernels
/// do not take. Every type that is added here instantiates all the kernels.
template <class Body>
void with_storage(const char* instruction, DType dtype, const Body& body) {
  if (dtype == DType::F32) return body(float{});
  refuse_storage(instruction, dtype);
}

/// N floats in registers; N is 1 or 4.
template <int N>
struct Floats {
  float value[N];
};

namespace detail {

/// N neighbouring elements.
template <class T, int N>
struct Packet {
  T element[N];
};

/// The built-in type of that many bytes. Only those are sure to be moved in one access.
template <std::size_t Bytes>
struct Word;
template <>
struct Word<4> {
  using Type = unsigned;
};
template <>
struct Word<16> {
  using Type = uint4;
};

template <class T, int N>
__device__ __forceinline__ Floats<N> to_floats(const Packet<T, N>& packet) {
  Floats<N> floats;
#pragma unroll
  for (int k = 0; k < N; ++k) floats.value[k] = static_cast<float>(packet.element[k]);
  return floats;
}

}  // namespace detail

/// Reads N elements; `from` is aligned to all of them.
template <int N, class T>
__device__ __forceinline__ Floats<N> load(const T* from) {
  using Packet = detail::Packet<T, N>;
  using Word = typename detail::Word<sizeof(Packet)>::Type;
  return detail::to_floats(std::bit_cast<Packet>(*reinterpret_cast<const Word*>(from)));
}

/// The same through the read-only path (LDG.CONSTANT), for memory that nobody writes while the kernel runs.
template <int N, class T>
__device__ __forceinline__ Floats<N> load_read_only(const T* from) {
  using Packet = detail::Packet<T, N>;
  using Word = typename detail::Word<sizeof(Packet)>::Type;
  return detail::to_floats(std::bit_cast<Packet>(__ldg(reinterpret_cast<const Word*>(from))));
}

/// Writes N elements, each rounded to T; `to` is aligned to all of them.
template <int N, class T>
__device__ __forceinline__ void store(T* to, const Floats<N>& floats) {
  using Packet = detail::Packet<T, N>;
  using Word = typename detail::Word<sizeof(Packet)>::Type;
  Packet packet;
#pragma unroll
  for (int k = 0; k < N; ++k) packet.element[k] = static_cast<T>(floats.value[k]);
  *reinterpret_cast<Word*>(to) = std::bit_cast<Word>(packet);
}

/// Whether `at` is a multiple of `bytes`; null is.
inline bool is_aligned(const void* at, std::size_t bytes) { return reinterpret_cast<std::uintptr_t>(at) % bytes == 0; }

/// 4 if groups of four elements can be read from (and written to) all `pointers` at multiples of `stride` elements; else
/// 1.
template <class... T>
int vector_width(std::int64_t stride, const T*... pointers) {
  return stride % 4 == 0 && (is_aligned(pointers, 4 * sizeof(T)) && ...) ? 4 : 1;
}

}  // namespace gan
