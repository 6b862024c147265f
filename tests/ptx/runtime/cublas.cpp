// The few functions of libcublas that the project calls; the product in fp32, on the host.

#include <cublas_v2.h>

#include <vector>

#include "tests/ptx/runtime/stream.h"

namespace {

struct Handle {
  cudaStream_t stream = nullptr;
};

struct Gemm {
  cublasOperation_t op_a, op_b;
  int m, n, k, lda, ldb, ldc;
  float alpha, beta;
  const float *a, *b;
  float* c;
};

/// Column-major c = alpha op(a) op(b) + beta c.
void multiply(const Gemm& g) {
  std::vector<float> column(static_cast<std::size_t>(g.m));
  for (int j = 0; j < g.n; ++j) {
    std::fill(column.begin(), column.end(), 0.0f);
    for (int l = 0; l < g.k; ++l) {
      const float y = g.op_b == CUBLAS_OP_N ? g.b[l + std::size_t(j) * g.ldb] : g.b[j + std::size_t(l) * g.ldb];
      const std::size_t row_step = g.op_a == CUBLAS_OP_N ? 1 : static_cast<std::size_t>(g.lda);
      const float* a = g.op_a == CUBLAS_OP_N ? g.a + std::size_t(l) * g.lda : g.a + l;
      for (int i = 0; i < g.m; ++i) column[static_cast<std::size_t>(i)] += a[i * row_step] * y;
    }
    float* to = g.c + std::size_t(j) * g.ldc;
    for (int i = 0; i < g.m; ++i)
      to[i] = g.alpha * column[static_cast<std::size_t>(i)] + (g.beta == 0 ? 0.0f : g.beta * to[i]);
  }
}

}  // namespace

extern "C" {

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  return *handle = reinterpret_cast<cublasHandle_t>(new Handle), CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
  return delete reinterpret_cast<Handle*>(handle), CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
  return reinterpret_cast<Handle*>(handle)->stream = stream, CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t, void*, size_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasSetMathMode(cublasHandle_t, cublasMath_t) { return CUBLAS_STATUS_SUCCESS; }
const char* cublasGetStatusString(cublasStatus_t status) {
  return status == CUBLAS_STATUS_SUCCESS ? "the library was initialized and the operation succeeded" : "an error";
}

cublasStatus_t cublasSgemm_v2(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b, int m, int n,
                              int k, const float* alpha, const float* a, int lda, const float* b, int ldb,
                              const float* beta, float* c, int ldc) {
  if (m < 0 || n < 0 || k < 0 || lda < 1 || ldb < 1 || ldc < (m > 1 ? m : 1)) return CUBLAS_STATUS_INVALID_VALUE;
  if (lda < (op_a == CUBLAS_OP_N ? m : k) || ldb < (op_b == CUBLAS_OP_N ? k : n)) return CUBLAS_STATUS_INVALID_VALUE;
  const Gemm gemm{op_a, op_b, m, n, k, lda, ldb, ldc, *alpha, *beta, a, b, c};
  gan::ptx::runtime::submit(reinterpret_cast<Handle*>(handle)->stream, [gemm] { return multiply(gemm), cudaSuccess; });
  return CUBLAS_STATUS_SUCCESS;
}

}  // extern "C"
