// What every kernel file includes: CUDA, and how kernels are started.
//
// The tests compile kernels a second time, as plain C++ over an emulation whose header of this name comes first on the
// include path. Kernels keep to what both offer: gan::launch instead of <<<>>>, GAN_SHARED / gan::dynamic_shared for
// shared memory, the *_sync warp intrinsics, __syncthreads. No PTX outside the named wrappers of kernels/core.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>

#include "kernels/core/cuda/shared_memory.h"

/// A shared array or scalar of the block: GAN_SHARED(float, tile, [8][32]);
#define GAN_SHARED(type, name, ...) __shared__ type name __VA_ARGS__

namespace gan {

/// Throws Error with CUDA's own words, and `what` was being done, unless `status` is success.
void cuda_check(cudaError_t status, const char* what);

/// The dynamic shared memory of the block.
template <class T>
__device__ __forceinline__ T* dynamic_shared() {
  extern __shared__ __align__(1024) unsigned char gan_dynamic_shared_memory[];
  return reinterpret_cast<T*>(gan_dynamic_shared_memory);
}

/// How many threads a kernel is started with, and what they share.
struct LaunchShape {
  dim3 grid;
  dim3 block;
  std::size_t dynamic_shared_bytes = 0;
};

/// Starts `kernel` on `stream`. An empty grid is no work, not an error.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), const LaunchShape& shape, cudaStream_t stream, Arguments... arguments) {
  if (shape.grid.x == 0 || shape.grid.y == 0 || shape.grid.z == 0) return;
  if (shape.dynamic_shared_bytes > 0) {  // static shared memory alone never needs asking
    const void* const handle = reinterpret_cast<const void*>(kernel);
    cudaFuncAttributes attributes{};
    cuda_check(cudaFuncGetAttributes(&attributes, handle), "reading a kernel's static shared memory");
    if (must_ask_for_shared_memory(attributes.sharedSizeBytes, shape.dynamic_shared_bytes))
      cuda_check(cudaFuncSetAttribute(handle, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                      static_cast<int>(shape.dynamic_shared_bytes)),
                 "asking for dynamic shared memory");
  }
  cudaLaunchConfig_t config{};
  config.gridDim = shape.grid;
  config.blockDim = shape.block;
  config.dynamicSmemBytes = shape.dynamic_shared_bytes;
  config.stream = stream;
  cuda_check(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...), "launching a kernel");
}

}  // namespace gan
