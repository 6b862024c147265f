// Fill, copy and the iteration counter.
//
// shapes:   any; operands are flat arrays.
// traffic:  fill writes, copy reads and writes every element once.
// launch:   fill as core/cuda/elementwise.cuh does. Copy: 256 threads, 16 bytes each (single bytes in the tail, or
//           everywhere when a pointer is not aligned to 16 bytes), at most 16 blocks for each multiprocessor with a
//           grid-stride loop. The counter: one thread.
// results:  every element is written by one thread: deterministic.
// report: advance_kernel divergent: one thread adds to one counter
#include "kernels/elementwise/elementwise.h"

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/elementwise.cuh"
#include "kernels/core/cuda/launch.cuh"

namespace gan {

namespace {

struct Constant {
  float value;
  __device__ float operator()() const { return value; }
};

constexpr unsigned kCopyBlock = 256;
constexpr std::int64_t kMostCopyBlocks = 16 * kMultiprocessors;

/// Copies `vectors` pieces of 16 bytes, then the bytes from there to `count`.
__global__ void __launch_bounds__(kCopyBlock)
    copy_kernel(std::int64_t vectors, std::int64_t count, const unsigned char* __restrict__ x,
                unsigned char* __restrict__ y) {
  constexpr std::int64_t kVector = sizeof(uint4);
  const std::int64_t thread = static_cast<std::int64_t>(blockIdx.x) * kCopyBlock + threadIdx.x;
  const std::int64_t threads = static_cast<std::int64_t>(gridDim.x) * kCopyBlock;
  for (std::int64_t i = thread; i < vectors; i += threads)
    reinterpret_cast<uint4*>(y)[i] = __ldg(reinterpret_cast<const uint4*>(x) + i);
  for (std::int64_t i = vectors * kVector + thread; i < count; i += threads) y[i] = x[i];
}

__global__ void advance_kernel(std::uint64_t* counter, std::uint32_t by) { *counter += by; }

}  // namespace

void run(const Fill& op, CudaDevice& device) {
  with_storage(op.kName, op.y.dtype, [&](auto storage) {
    elementwise(op.y.count(), Constant{op.value}, device.stream(), op.y.as<decltype(storage)>());
  });
}

void run(const Copy& op, CudaDevice& device) {
  const auto* const x = op.x.as<unsigned char>();
  auto* const y = op.y.as<unsigned char>();
  const auto bytes = static_cast<std::int64_t>(op.x.bytes());
  const bool aligned = is_aligned(x, sizeof(uint4)) && is_aligned(y, sizeof(uint4));
  const std::int64_t vectors = aligned ? bytes / static_cast<std::int64_t>(sizeof(uint4)) : 0;
  const std::int64_t items = vectors > 0 ? vectors : bytes;  // a tail is shorter than a block
  const std::int64_t blocks = std::min(kMostCopyBlocks, (items + kCopyBlock - 1) / kCopyBlock);
  launch(copy_kernel, {.grid = dim3(static_cast<unsigned>(blocks)), .block = dim3(kCopyBlock)}, device.stream(),
         vectors, bytes, x, y);
}

void run(const AdvanceCounter& op, CudaDevice& device) {
  launch(advance_kernel, {.grid = dim3(1), .block = dim3(1)}, device.stream(), op.counter.as<std::uint64_t>(), op.by);
}

}  // namespace gan
