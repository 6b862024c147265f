// Kernels as they should not be, and one as it should, for the report to tell apart.
#include "tests/ptx/report/planted.h"

#include <cuda_runtime.h>

namespace gan::ptx::report {
namespace {

constexpr int kThreads = 256, kBlocks = 4;

__global__ void __launch_bounds__(kThreads) copy_well(const float* x, float* y) {
  const int i = blockIdx.x * kThreads + threadIdx.x;
  y[i] = x[i];
}

/// Neighbouring threads 32 floats apart: a sector for every word.
__global__ void __launch_bounds__(kThreads) copy_strided(const float* x, float* y) {
  const int lane = threadIdx.x % 32, row = threadIdx.x / 32;
  for (int i = row; i < 32; i += kThreads / 32)
    y[blockIdx.x * 1024 + lane * 32 + i] = x[blockIdx.x * 1024 + lane * 32 + i];
}

/// Transposes a tile of 32 x 32 that nobody has padded: all lanes read one bank.
__global__ void __launch_bounds__(kThreads) transpose_in_banks(const float* x, float* y) {
  __shared__ float tile[32][32];
  const int lane = threadIdx.x % 32, row = threadIdx.x / 32;
  for (int i = row; i < 32; i += kThreads / 32) tile[i][lane] = x[blockIdx.x * 1024 + i * 32 + lane];
  __syncthreads();
  for (int i = row; i < 32; i += kThreads / 32) y[blockIdx.x * 1024 + i * 32 + lane] = tile[lane][i];
}

/// Lane i works i rounds.
__global__ void __launch_bounds__(kThreads) work_unequally(const float* x, float* y) {
  const int i = blockIdx.x * kThreads + threadIdx.x;
  float sum = x[i];
#pragma unroll 1
  for (int k = 0; k < static_cast<int>(threadIdx.x % 32); ++k) sum = sum * 0.5f + 1.0f;
  y[i] = sum;
}

}  // namespace

void launch_planted(const std::string& name) {
  float *x = nullptr, *y = nullptr;
  cudaMalloc(&x, kBlocks * 1024 * sizeof(float));
  cudaMalloc(&y, kBlocks * 1024 * sizeof(float));
  if (name == "copy_well") copy_well<<<kBlocks, kThreads>>>(x, y);
  if (name == "copy_strided") copy_strided<<<kBlocks, kThreads>>>(x, y);
  if (name == "transpose_in_banks") transpose_in_banks<<<kBlocks, kThreads>>>(x, y);
  if (name == "work_unequally") work_unequally<<<kBlocks, kThreads>>>(x, y);
  cudaFree(x);
  cudaFree(y);
}

}  // namespace gan::ptx::report
