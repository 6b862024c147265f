// Threads of a block and blocks of a grid that work together.

#include "tests/ptx/samples/device_vector.h"
#include "tests/ptx/samples/samples.h"

namespace gan::ptx::samples {
namespace {

constexpr int kThreads = 256, kWarp = 32;

__device__ float block_sum(float value) {
  __shared__ float partial[kThreads / kWarp];
  for (int step = kWarp / 2; step > 0; step /= 2) value += __shfl_xor_sync(0xffffffffu, value, step);
  if (threadIdx.x % kWarp == 0) partial[threadIdx.x / kWarp] = value;
  __syncthreads();
  float sum = 0;
  for (int w = 0; w < kThreads / kWarp; ++w) sum += partial[w];
  return sum;
}

__global__ void __launch_bounds__(kThreads) sum_blocks(const float* __restrict__ x, float* y) {
  const float sum = block_sum(x[blockIdx.x * kThreads + threadIdx.x]);
  if (threadIdx.x == 0) y[blockIdx.x] = sum;
}

__global__ void __launch_bounds__(kThreads)
    sum_all(const float* __restrict__ x, float* partial, unsigned* count, float* y) {
  __shared__ bool last;
  const float sum = block_sum(x[blockIdx.x * kThreads + threadIdx.x]);
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = sum;
    __threadfence();  // the partial sum before the count
    last = atomicAdd(count, 1u) == gridDim.x - 1;
  }
  __syncthreads();
  if (!last || threadIdx.x != 0) return;
  __threadfence();
  float total = 0;
  for (unsigned b = 0; b < gridDim.x; ++b) total += *static_cast<volatile float*>(&partial[b]);
  *y = total;
}

__global__ void __launch_bounds__(64) reverse_by_named_barrier(const float* __restrict__ x, float* y) {
  __shared__ float tile[2][kWarp];
  const int lane = threadIdx.x % kWarp;
  // Each warp stores its half, and the other reads it when it has arrived at that half's barrier.
  if (threadIdx.x < kWarp) {
    tile[0][lane] = x[blockIdx.x * 64 + lane];
    asm volatile("bar.arrive 1, 64;" ::: "memory");
    asm volatile("bar.sync 2, 64;" ::: "memory");
    y[blockIdx.x * 64 + lane] = tile[1][kWarp - 1 - lane];
  } else {
    tile[1][lane] = x[blockIdx.x * 64 + kWarp + lane];
    asm volatile("bar.arrive 2, 64;" ::: "memory");
    asm volatile("bar.sync 1, 64;" ::: "memory");
    y[blockIdx.x * 64 + kWarp + lane] = tile[0][kWarp - 1 - lane];
  }
}

__global__ void rotate_in_warp(const float* __restrict__ x, float* y) {
  __shared__ float tile[kWarp];
  tile[threadIdx.x] = x[blockIdx.x * kWarp + threadIdx.x];
  __syncwarp();
  y[blockIdx.x * kWarp + threadIdx.x] = tile[(threadIdx.x + 1) % kWarp];
}

__global__ void scale_with_table(const float* x, const float* __restrict__ table, float* y, int vectors) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= vectors) return;
  const float4 v = reinterpret_cast<const float4*>(x)[i];
  const float t = __ldg(&table[i % kWarp]);
  reinterpret_cast<float4*>(y)[i] = {2 * v.x + t, 2 * v.y + t, 2 * v.z + t, 2 * v.w + t};
}

__global__ void __launch_bounds__(1024, 1) reverse_in_shared(const float* __restrict__ x, float* y, int count) {
  extern __shared__ float tile[];
  for (int i = threadIdx.x; i < count; i += 1024) tile[i] = x[i];
  __syncthreads();
  for (int i = threadIdx.x; i < count; i += 1024) y[i] = tile[count - 1 - i];
}

}  // namespace

Floats block_sums(const Floats& x) {
  const DeviceVector<float> in(x), out(x.size() / kThreads);
  sum_blocks<<<static_cast<unsigned>(x.size() / kThreads), kThreads>>>(in.get(), out.get());
  return out.values();
}

Floats last_block_sum(const Floats& x) {
  const unsigned blocks = static_cast<unsigned>(x.size() / kThreads);
  const DeviceVector<float> in(x), partial(blocks), out(1);
  const DeviceVector<unsigned> count(std::vector<unsigned>{0});
  sum_all<<<blocks, kThreads>>>(in.get(), partial.get(), count.get(), out.get());
  return out.values();
}

Floats reversed_by_named_barrier(const Floats& x) {
  const DeviceVector<float> in(x), out(x.size());
  reverse_by_named_barrier<<<static_cast<unsigned>(x.size() / 64), 64>>>(in.get(), out.get());
  return out.values();
}

Floats rotated_in_warp(const Floats& x) {
  const DeviceVector<float> in(x), out(x.size());
  rotate_in_warp<<<static_cast<unsigned>(x.size() / kWarp), kWarp>>>(in.get(), out.get());
  return out.values();
}

Floats scaled_with_table(const Floats& x, const Floats& table) {
  const DeviceVector<float> in(x), entries(table), out(x.size());
  const int vectors = static_cast<int>(x.size() / 4);
  scale_with_table<<<(vectors + 63) / 64, 64>>>(in.get(), entries.get(), out.get(), vectors);
  return out.values();
}

Floats reversed_in_large_shared(const Floats& x) {
  const DeviceVector<float> in(x), out(x.size());
  const int bytes = static_cast<int>(x.size() * sizeof(float));
  check(cudaFuncSetAttribute(reverse_in_shared, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes), "asking");
  reverse_in_shared<<<1, 1024, bytes>>>(in.get(), out.get(), static_cast<int>(x.size()));
  return out.values();
}

}  // namespace gan::ptx::samples
