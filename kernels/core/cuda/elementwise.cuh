// One function applied to every element of dense tensors.
//
//   y[i] = function(x[i], ...) for i in [0, count)
//   traffic:     every input read once, y written once, four elements an access where all pointers allow it
//   launch:      256 threads a block, at most 16 blocks for each multiprocessor; threads stride over the rest
//   determinism: element i depends on elements i only (y may be one of the inputs)
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/core/cuda/multiprocessors.h"
#include "kernels/core/cuda/storage.cuh"

namespace gan {

namespace detail {

constexpr int kElementwiseThreads = 256;

template <int N, class Function, class... Groups>
__device__ __forceinline__ Floats<N> apply_to_groups(const Function& function, const Groups&... groups) {
  Floats<N> result;
#pragma unroll
  for (int k = 0; k < N; ++k) result.value[k] = function(groups.value[k]...);
  return result;
}

template <int N, class Function, class Output, class... Inputs>
__global__ void __launch_bounds__(kElementwiseThreads)
    elementwise_kernel(std::int64_t count, Function function, Output* y, const Inputs*... x) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * kElementwiseThreads * N;
  std::int64_t at = (static_cast<std::int64_t>(blockIdx.x) * kElementwiseThreads + threadIdx.x) * N;
  for (; at + N <= count; at += step) store(y + at, apply_to_groups<N>(function, load<N>(x + at)...));
  for (; at < count; ++at)
    store(y + at, apply_to_groups<1>(function, load<1>(x + at)...));  // one thread: the group that the end cuts off
}

}  // namespace detail

/// y[i] = function(x[i], ...). `function` is a struct with a const __device__ operator() that takes and
/// returns float, whatever x and y are stored as.
template <class Function, class Output, class... Inputs>
void elementwise(std::int64_t count, const Function& function, cudaStream_t stream, Output* y, const Inputs*... x) {
  constexpr std::int64_t kMostBlocks = 16 * kMultiprocessors;
  const int width = vector_width(0, y, x...);
  const std::int64_t block = std::int64_t{detail::kElementwiseThreads} * width;
  const LaunchShape shape{.grid = dim3(static_cast<unsigned>(std::min(kMostBlocks, (count + block - 1) / block))),
                          .block = dim3(detail::kElementwiseThreads)};
  if (width == 4)
    launch(detail::elementwise_kernel<4, Function, Output, Inputs...>, shape, stream, count, function, y, x...);
  else launch(detail::elementwise_kernel<1, Function, Output, Inputs...>, shape, stream, count, function, y, x...);
}

}  // namespace gan
