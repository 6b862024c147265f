// What the kernels of optimisers share: one launch updates all parameters of a network, which lie in one slab.
//
//   rule.update(factors, gradient[i], parameter[i], state[i]...) for i in [0, count)
//   equation:    a rule is a struct with
//                  struct Factors {...};                                   what all parameters share in this update
//                  Factors factors(std::uint64_t iteration) const;         from the counter in memory, so that a recorded
//                                                                          launch stays valid; in double, by one thread
//                                                                          a block, which shares them
//                  void update(const Factors&, float gradient, float& parameter, float& state...) const;
//   traffic:     every operand is read once, all but the gradient written once: memory-bound
//   launch:      256 threads, 4 parameters each (1 when a pointer is not aligned to 16 bytes), a grid-stride loop over at
//                most 8 blocks for each multiprocessor: what is resident at once
//   determinism: every parameter is updated by one thread
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/core/cuda/multiprocessors.h"
#include "kernels/core/cuda/storage.cuh"

namespace gan {

inline constexpr unsigned kUpdateThreads = 256;

/// The blocks that update `count` parameters, `width` of them in an access.
inline LaunchShape update_blocks(std::int64_t count, int width) {
  constexpr std::int64_t kMostBlocks = 8 * kMultiprocessors;
  const std::int64_t tile = std::int64_t{kUpdateThreads} * width;
  return {.grid = dim3(static_cast<unsigned>(std::min(kMostBlocks, (count + tile - 1) / tile))),
          .block = dim3(kUpdateThreads)};
}

/// The counters of an update.
struct UpdateCounters {
  const std::uint64_t* iteration;
  const std::uint64_t* fault;  ///< or null
};

namespace detail {

/// N neighbouring values on their way through registers.
template <int N>
struct Group {
  float* at;
  Floats<N> values;
  __device__ explicit Group(float* from) : at(from), values(load<N>(from)) {}
};

template <int N, class Rule, class... Groups>
__device__ __forceinline__ void update_groups(const Rule& rule, const typename Rule::Factors& factors,
                                              const Floats<N>& gradient, Groups... groups) {
#pragma unroll
  for (int k = 0; k < N; ++k) rule.update(factors, gradient.value[k], groups.values.value[k]...);
  (store(groups.at, groups.values), ...);
}

}  // namespace detail

/// The body of an optimiser's kernel; `shared` is in shared memory, `state` what the optimiser keeps for each parameter.
template <int N, class Rule, class... State>
__device__ __forceinline__ void update_parameters(std::int64_t count, const Rule& rule, typename Rule::Factors& shared,
                                                  const UpdateCounters& counters, const float* __restrict__ gradient,
                                                  float* __restrict__ parameter, State* __restrict__... state) {
  if (counters.fault != nullptr && *counters.fault != 0) return;  // the same for all threads
  if (threadIdx.x == 0) shared = rule.factors(*counters.iteration);
  __syncthreads();
  const typename Rule::Factors factors = shared;
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kUpdateThreads * N;
  std::int64_t at = (static_cast<std::int64_t>(blockIdx.x) * kUpdateThreads + threadIdx.x) * N;
  for (; at + N <= count; at += stride)
    detail::update_groups(rule, factors, load<N>(gradient + at), detail::Group<N>(parameter + at),
                          detail::Group<N>(state + at)...);
  for (; at < count; ++at)  // one thread: the group that the end cuts off
    detail::update_groups(rule, factors, load<1>(gradient + at), detail::Group<1>(parameter + at),
                          detail::Group<1>(state + at)...);
}

}  // namespace gan
