// CUDA's built-in variables and functions, in the global namespace as nvcc has them. What is missing does not compile.
#pragma once

#include <math.h>

#include <atomic>
#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "tests/emulation/collective.h"

#define threadIdx (::gan::emulation::current_thread->index)
#define blockIdx (::gan::emulation::current_block->index())
#define blockDim (::gan::emulation::current_block->grid().block)
#define gridDim (::gan::emulation::current_block->grid().blocks)
constexpr int warpSize = 32;

// ---- barriers

inline void __syncthreads(gan::emulation::Where where = gan::emulation::Where::current()) {
  gan::emulation::current_block->barrier(false, "__syncthreads", where);
}
inline int __syncthreads_count(int predicate, gan::emulation::Where where = gan::emulation::Where::current()) {
  return gan::emulation::current_block->barrier(predicate != 0, "__syncthreads_count", where);
}
inline int __syncthreads_or(int predicate, gan::emulation::Where where = gan::emulation::Where::current()) {
  return gan::emulation::current_block->barrier(predicate != 0, "__syncthreads_or", where) != 0;
}
inline int __syncthreads_and(int predicate, gan::emulation::Where where = gan::emulation::Where::current()) {
  return gan::emulation::current_block->barrier(predicate == 0, "__syncthreads_and", where) == 0;
}
inline void __syncwarp(unsigned mask = ~0u, gan::emulation::Where where = gan::emulation::Where::current()) {
  char nothing = 0;
  gan::emulation::warp_collective(
      mask, nothing, [](char* const*, std::uint32_t) {}, "__syncwarp", where);
}

// ---- shuffles, votes, reductions

namespace gan::emulation {
template <class T>
concept Shuffled = std::is_arithmetic_v<T> &&(sizeof(T) == 4 || sizeof(T) == 8);
template <class T>
concept Reduced = std::same_as<T, int> || std::same_as<T, unsigned>;
template <class T>
concept Atomic = std::same_as<T, int> || std::same_as<T, unsigned> || std::same_as<T, unsigned long long> ||
    std::same_as<T, float> || std::same_as<T, double>;
template <class T>
concept AtomicInteger = Atomic<T> && std::integral<T>;
}  // namespace gan::emulation

template <gan::emulation::Shuffled T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32,
              gan::emulation::Where where = gan::emulation::Where::current()) {
  const int lane = gan::emulation::current_lane();
  return gan::emulation::exchange(mask, value, (lane & ~(width - 1)) + (source & (width - 1)), "__shfl_sync", where);
}
template <gan::emulation::Shuffled T>
T __shfl_xor_sync(unsigned mask, T value, int flip, int width = 32,
                  gan::emulation::Where where = gan::emulation::Where::current()) {
  const int lane = gan::emulation::current_lane();
  const int source = lane ^ flip;
  const bool beyond = (source & ~(width - 1)) > lane;
  return gan::emulation::exchange(mask, value, beyond ? lane : source, "__shfl_xor_sync", where);
}
template <gan::emulation::Shuffled T>
T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32,
                   gan::emulation::Where where = gan::emulation::Where::current()) {
  const int lane = gan::emulation::current_lane();
  const bool inside = (lane & (width - 1)) + static_cast<int>(by) < width;
  return gan::emulation::exchange(mask, value, inside ? lane + static_cast<int>(by) : lane, "__shfl_down_sync", where);
}
template <gan::emulation::Shuffled T>
T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32,
                 gan::emulation::Where where = gan::emulation::Where::current()) {
  const int lane = gan::emulation::current_lane();
  const bool inside = (lane & (width - 1)) >= static_cast<int>(by);
  return gan::emulation::exchange(mask, value, inside ? lane - static_cast<int>(by) : lane, "__shfl_up_sync", where);
}
inline unsigned __ballot_sync(unsigned mask, int predicate,
                              gan::emulation::Where where = gan::emulation::Where::current()) {
  const unsigned mine = predicate != 0 ? 1u << gan::emulation::current_lane() : 0u;
  return gan::emulation::reduce(
      mask, mine, [](unsigned a, unsigned b) { return a | b; }, "__ballot_sync", where);
}
inline int __any_sync(unsigned mask, int predicate, gan::emulation::Where where = gan::emulation::Where::current()) {
  const int mine = predicate != 0;
  return gan::emulation::reduce(
      mask, mine, [](int a, int b) { return a | b; }, "__any_sync", where);
}
inline int __all_sync(unsigned mask, int predicate, gan::emulation::Where where = gan::emulation::Where::current()) {
  const int mine = predicate != 0;
  return gan::emulation::reduce(
      mask, mine, [](int a, int b) { return a & b; }, "__all_sync", where);
}
// For 32-bit integers only, as the hardware has them.
template <gan::emulation::Reduced T>
T __reduce_add_sync(unsigned mask, T value, gan::emulation::Where where = gan::emulation::Where::current()) {
  const auto add = [](T a, T b) { return static_cast<T>(static_cast<unsigned>(a) + static_cast<unsigned>(b)); };
  return gan::emulation::reduce(mask, value, add, "__reduce_add_sync", where);
}
template <gan::emulation::Reduced T>
T __reduce_max_sync(unsigned mask, T value, gan::emulation::Where where = gan::emulation::Where::current()) {
  return gan::emulation::reduce(
      mask, value, [](T a, T b) { return a > b ? a : b; }, "__reduce_max_sync", where);
}
template <gan::emulation::Reduced T>
T __reduce_min_sync(unsigned mask, T value, gan::emulation::Where where = gan::emulation::Where::current()) {
  return gan::emulation::reduce(
      mask, value, [](T a, T b) { return a < b ? a : b; }, "__reduce_min_sync", where);
}

// ---- atomics, fences, cached loads

template <gan::emulation::Atomic T>
T atomicAdd(T* at, std::type_identity_t<T> value) {
  return std::atomic_ref<T>(*at).fetch_add(value);
}
template <gan::emulation::Atomic T>
T atomicExch(T* at, std::type_identity_t<T> value) {
  return std::atomic_ref<T>(*at).exchange(value);
}
template <gan::emulation::AtomicInteger T>
T atomicCAS(T* at, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  std::atomic_ref<T>(*at).compare_exchange_strong(expected, value);
  return expected;
}
template <gan::emulation::AtomicInteger T>
T atomicMax(T* at, std::type_identity_t<T> value) {
  std::atomic_ref<T> reference(*at);
  T old = reference.load();
  while (old < value && !reference.compare_exchange_weak(old, value)) {}
  return old;
}
template <gan::emulation::AtomicInteger T>
T atomicMin(T* at, std::type_identity_t<T> value) {
  std::atomic_ref<T> reference(*at);
  T old = reference.load();
  while (value < old && !reference.compare_exchange_weak(old, value)) {}
  return old;
}

// The atomics above are sequentially consistent, which is more than CUDA promises: a missing fence goes unseen.
inline void __threadfence() { std::atomic_signal_fence(std::memory_order_seq_cst); }
inline void __threadfence_block() { __threadfence(); }

template <class T>
T __ldg(const T* at) {
  return *at;
}
template <class T>
T __ldcs(const T* at) {
  return *at;
}
template <class T>
void __stcs(T* at, std::type_identity_t<T> value) {
  *at = value;
}

#include "tests/emulation/device_math.h"
