// The matrix product that linear layers and im2col are made of. Libraries compute it: oneDNN on the CPU (gemm_cpu.cpp),
// cuBLAS on CUDA (gemm_cublas.cpp); under emulation a plain stand-in does.
#pragma once

#include <cstdint>

namespace gan {

class CpuDevice;
class CudaDevice;

/// c(m,n) = op(a)(m,k) op(b)(k,n) + beta c(m,n), fp32, all row-major. op(a) is a(m,k), or the transpose of a(k,m);
/// op(b) is b(k,n), or the transpose of b(n,k). A leading dimension is the number of elements from one stored row to
/// the next. With beta = 0, c is not read. 2*m*n*k FLOPs.
struct GemmArguments {
  std::int64_t m, n, k;
  const float* a;
  std::int64_t lda;
  bool transpose_a;
  const float* b;
  std::int64_t ldb;
  bool transpose_b;
  float beta;
  float* c;
  std::int64_t ldc;
};

/// Throws Error unless the extents make sense and fit into the library's 32-bit integers.
void validate(const GemmArguments& arguments);

/// Computes the product on the device's threads. Throws Error if the library refuses.
void gemm(const GemmArguments& arguments, CpuDevice& device);

/// The same of factors rounded to the nearest bfloat16, summed in fp32, for a device whose products are Precision::Bf16.
/// Throws Error for a beta other than 0 and 1.
void gemm_of_bf16(const GemmArguments& arguments, CpuDevice& device);

/// Starts the product on the device's stream. Deterministic: the same arguments give the same bits.
void gemm(const GemmArguments& arguments, CudaDevice& device);

}  // namespace gan
