// The search for numbers that are not finite.
//
// shapes:   a flat array of `count` numbers.
// equation: finite_check.h.
// traffic:  reads 4 bytes a number; memory-bound.
// launch:   256 threads, 4 numbers each (1 when x is not aligned to 16 bytes), a grid-stride loop over at most 8 blocks
//           for each of 132 multiprocessors.
// results:  whoever finds a fault writes the same value, once, by compare-and-swap on an integer: deterministic.
#include "kernels/optimizer/finite_check.h"

#include <algorithm>

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/floats.cuh"
#include "kernels/core/cuda/launch.cuh"

namespace gan {

namespace {

constexpr unsigned kBlock = 256;
constexpr std::int64_t kMostBlocks = 8 * 132;

template <int N>
__global__ void __launch_bounds__(kBlock)
    finite_check_kernel(std::int64_t count, const float* __restrict__ x, const std::uint64_t* iteration,
                        unsigned long long* fault) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kBlock * N;
  std::int64_t at = (static_cast<std::int64_t>(blockIdx.x) * kBlock + threadIdx.x) * N;
  float sum = 0;  // x - x is 0 for every finite x and NaN for all others
  for (; at + N <= count; at += stride) {
    const Floats<N> here = load_floats<N>(x + at);
#pragma unroll
    for (int k = 0; k < N; ++k) sum += here.value[k] - here.value[k];
  }
  for (; at < count; ++at) sum += x[at] - x[at];  // a group cut off
  if (!(sum == 0)) atomicCAS(fault, 0ull, static_cast<unsigned long long>(*iteration) + 1);
}

}  // namespace

void run(const FiniteCheck& op, CudaDevice& device) {
  const float* const x = op.x.as<float>();
  const std::int64_t count = op.x.count();
  const int width = vector_width(0, x);
  const std::int64_t tile = std::int64_t{kBlock} * width;
  const std::int64_t blocks = std::min(kMostBlocks, (count + tile - 1) / tile);
  launch(width == 4 ? finite_check_kernel<4> : finite_check_kernel<1>,
         {.grid = dim3(static_cast<unsigned>(blocks)), .block = dim3(kBlock)}, device.stream(), count, x,
         op.iteration.as<std::uint64_t>(), reinterpret_cast<unsigned long long*>(op.fault.data));
}

}  // namespace gan
