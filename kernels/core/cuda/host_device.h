// Marks functions that the host and CUDA kernels share.
#pragma once

#if defined(__CUDACC__)
#define GAN_HOST_DEVICE __host__ __device__ __forceinline__
#else
#define GAN_HOST_DEVICE inline
#endif
