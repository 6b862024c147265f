// The search for numbers that are not finite.
//
// shapes:   a flat array of `count` numbers.
// equation: finite_check.h.
// traffic:  reads every number once; memory-bound.
// launch:   256 threads, 4 numbers each (1 when x is not aligned to four), a grid-stride loop over at most 8 blocks
//           for each multiprocessor.
// results:  whoever finds a fault writes the same value, once, by compare-and-swap on an integer: deterministic.
#include "kernels/optimizer/finite_check.h"

#include <algorithm>

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/multiprocessors.h"
#include "kernels/core/cuda/storage.cuh"

namespace gan {

namespace {

constexpr unsigned kBlock = 256;
constexpr std::int64_t kMostBlocks = 8 * kMultiprocessors;

template <int N, class T>
__global__ void __launch_bounds__(kBlock)
    finite_check_kernel(std::int64_t count, const T* __restrict__ x, const std::uint64_t* iteration,
                        unsigned long long* fault) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kBlock * N;
  std::int64_t at = (static_cast<std::int64_t>(blockIdx.x) * kBlock + threadIdx.x) * N;
  float sum = 0;  // x - x is 0 for every finite x and NaN for all others
  for (; at + N <= count; at += stride) {
    const Floats<N> here = load<N>(x + at);
#pragma unroll
    for (int k = 0; k < N; ++k) sum += here.value[k] - here.value[k];
  }
  for (; at < count; ++at) {  // a group cut off
    const float last = load<1>(x + at).value[0];
    sum += last - last;
  }
  if (!(sum == 0)) atomicCAS(fault, 0ull, static_cast<unsigned long long>(*iteration) + 1);
}

}  // namespace

void run(const FiniteCheck& op, CudaDevice& device) {
  with_storage(op.kName, op.x.dtype, [&](auto storage) {
    using T = decltype(storage);
    const T* const x = op.x.as<T>();
    const std::int64_t count = op.x.count();
    const int width = vector_width(0, x);
    const std::int64_t tile = std::int64_t{kBlock} * width;
    const std::int64_t blocks = std::min(kMostBlocks, (count + tile - 1) / tile);
    launch(width == 4 ? finite_check_kernel<4, T> : finite_check_kernel<1, T>,
           {.grid = dim3(static_cast<unsigned>(blocks)), .block = dim3(kBlock)}, device.stream(), count, x,
           op.iteration.as<std::uint64_t>(), reinterpret_cast<unsigned long long*>(op.fault.data));
  });
}

}  // namespace gan
