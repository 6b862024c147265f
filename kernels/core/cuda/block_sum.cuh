// The sum of one float a thread over a block, in an order that only the block's size decides.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/core/cuda/launch.cuh"

namespace gan {

inline constexpr int kWarpThreads = 32;
inline constexpr int kMostBlockThreads = 1024;

/// `blocks` blocks of full warps, one thread for each of `work` items where there are so few.
inline LaunchShape blocks_of_full_warps(std::int64_t blocks, std::int64_t work) {
  const std::int64_t warps = (work + kWarpThreads - 1) / kWarpThreads;
  const auto threads = static_cast<unsigned>(std::min<std::int64_t>(kMostBlockThreads, warps * kWarpThreads));
  return {.grid = dim3(static_cast<unsigned>(blocks)), .block = dim3(threads)};
}

/// Shared memory that block_sum() needs.
struct BlockSumMemory {
  float of_warp[kMostBlockThreads / kWarpThreads];
};

/// The sum over the 32 lanes of a full warp, on every lane.
__device__ __forceinline__ float warp_sum(float value) {
#pragma unroll
  for (int flip = kWarpThreads / 2; flip > 0; flip /= 2) value += __shfl_xor_sync(~0u, value, flip);
  return value;
}

/// The sum over all threads of a block of full warps, on every thread: a tree over each warp, then one over the warps.
/// `memory` is in shared memory, and used once between two barriers of the caller.
__device__ __forceinline__ float block_sum(float value, BlockSumMemory& memory) {
  const int warp = static_cast<int>(threadIdx.x) / kWarpThreads, lane = static_cast<int>(threadIdx.x) % kWarpThreads;
  const int warps = static_cast<int>(blockDim.x) / kWarpThreads;
  value = warp_sum(value);
  if (lane == 0) memory.of_warp[warp] = value;
  __syncthreads();
  return warp_sum(lane < warps ? memory.of_warp[lane] : 0.0f);
}

}  // namespace gan
