// Batches of points: rows of a data set.
//
// shapes:   data (count, E), indices (B), y (B, E), E elements a row.
// equation: y[i, j] = data[indices[i], j].
// traffic:  reads every gathered row once and its index once a row (the warp's threads share it), writes y once:
//           memory-bound. Rows of points are short (1 to 4 elements): a thread an element of y, so that writes coalesce; reads
//           touch a sector a row, whatever the layout of threads.
// launch:   256 threads a block, one for each of the B E elements.
// results:  every element is written by one thread: deterministic.
#include "kernels/elementwise/gather_rows.h"

#include "kernels/core/contract/sample_rows.h"
#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/storage.cuh"

namespace gan {

namespace {

constexpr int kBlock = 256;

template <class T>
__global__ void __launch_bounds__(kBlock) gather_kernel(SampleRows rows, const T* __restrict__ data,
                                                        const std::int32_t* __restrict__ indices, T* __restrict__ y) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kBlock + threadIdx.x;
  if (i >= rows.samples * rows.elements) return;
  const std::int64_t row = i / rows.elements, column = i - row * rows.elements;
  store(y + i, load<1>(data + indices[row] * rows.elements + column));
}

}  // namespace

void run(const GatherRows& op, CudaDevice& device) {
  const SampleRows rows = sample_rows(op.y.shape);
  const std::int64_t blocks = (rows.samples * rows.elements + kBlock - 1) / kBlock;
  with_storage(op.kName, op.y.dtype, [&](auto storage) {
    using T = decltype(storage);
    launch(gather_kernel<T>, {.grid = dim3(static_cast<unsigned>(blocks)), .block = dim3(kBlock)}, device.stream(),
           rows, op.data.as<T>(), op.indices.as<std::int32_t>(), op.y.as<T>());
  });
}

}  // namespace gan
