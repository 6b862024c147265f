// Groups of neighbouring floats that move through memory in one access.
#pragma once

#include <cstdint>

#include "kernels/core/cuda/launch.cuh"

namespace gan {

/// N floats in registers; N is 1 or 4.
template <int N>
struct alignas(N * sizeof(float)) Floats {
  float value[N];
};

/// Reads N floats; `from` is aligned to all of them.
template <int N>
__device__ __forceinline__ Floats<N> load_floats(const float* from) {
  return *reinterpret_cast<const Floats<N>*>(from);
}

/// Writes N floats; `to` is aligned to all of them.
template <int N>
__device__ __forceinline__ void store_floats(float* to, const Floats<N>& floats) {
  *reinterpret_cast<Floats<N>*>(to) = floats;
}

/// 4 if groups of four floats can be read from (and written to) all `pointers` at multiples of `stride` floats; else 1.
template <class... Pointers>
int vector_width(std::int64_t stride, const Pointers*... pointers) {
  constexpr std::uintptr_t kBytes = 4 * sizeof(float);
  const bool aligned = ((reinterpret_cast<std::uintptr_t>(pointers) % kBytes == 0) && ...);
  return aligned && stride % 4 == 0 ? 4 : 1;
}

}  // namespace gan
