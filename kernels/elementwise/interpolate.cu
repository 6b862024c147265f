// Points between two batches, one ratio a sample.
//
// shapes:   t (N); a, b, y (N, E), E elements a sample.
// equation: y[n, i] = t[n] a[n, i] + (1 - t[n]) b[n, i].
// traffic:  reads a and b, writes y, every element once, four an access where E and the pointers allow it: memory-bound.
// launch:   256 threads a block; grid (blocks over E, samples), at most 65,535 each: threads stride over the rest.
// results:  every element is written by one thread, which has read it (y may be a or b): deterministic.
#include "kernels/elementwise/interpolate.h"

#include <algorithm>

#include "kernels/core/contract/sample_rows.h"
#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/storage.cuh"

namespace gan {

namespace {

constexpr int kBlock = 256;
constexpr std::int64_t kMostBlocks = 65535;  // CUDA's limit of gridDim.y

template <int N, class T>
__global__ void __launch_bounds__(kBlock)
    interpolate_kernel(SampleRows rows, const T* t, const T* a, const T* b, T* y) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * kBlock * N;
  const std::int64_t first = (static_cast<std::int64_t>(blockIdx.x) * kBlock + threadIdx.x) * N;
  for (std::int64_t sample = blockIdx.y; sample < rows.samples; sample += gridDim.y) {
    const float ratio = load<1>(t + sample).value[0], rest = 1.0f - ratio;
    const std::int64_t row = sample * rows.elements;
    for (std::int64_t i = first; i < rows.elements; i += step) {  // N divides E
      const Floats<N> from = load<N>(a + row + i), to = load<N>(b + row + i);
      Floats<N> between;
#pragma unroll
      for (int k = 0; k < N; ++k) between.value[k] = ratio * from.value[k] + rest * to.value[k];
      store(y + row + i, between);
    }
  }
}

}  // namespace

void run(const Interpolate& op, CudaDevice& device) {
  const SampleRows rows = sample_rows(op.a.shape);
  with_storage(op.kName, op.a.dtype, [&](auto storage) {
    using T = decltype(storage);
    const T* const a = op.a.as<T>();
    const T* const b = op.b.as<T>();
    T* const y = op.y.as<T>();
    const int width = vector_width(rows.elements, a, b, y);
    const std::int64_t tile = std::int64_t{kBlock} * width;
    const LaunchShape shape{
        .grid = dim3(static_cast<unsigned>(std::min(kMostBlocks, (rows.elements + tile - 1) / tile)),
                     static_cast<unsigned>(std::min(kMostBlocks, rows.samples))),
        .block = dim3(kBlock)};
    launch(width == 4 ? interpolate_kernel<4, T> : interpolate_kernel<1, T>, shape, device.stream(), rows, op.t.as<T>(),
           a, b, y);
  });
}

}  // namespace gan
