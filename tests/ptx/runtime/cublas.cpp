// The few functions of libcublas that the project calls; the product in fp32, on the host.

#include <cublas_v2.h>

#include <vector>

extern "C" {

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  return *handle = reinterpret_cast<cublasHandle_t>(new char), CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
  return delete reinterpret_cast<char*>(handle), CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream_v2(cublasHandle_t, cudaStream_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t, void*, size_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasSetMathMode(cublasHandle_t, cublasMath_t) { return CUBLAS_STATUS_SUCCESS; }
const char* cublasGetStatusString(cublasStatus_t status) {
  return status == CUBLAS_STATUS_SUCCESS ? "the library was initialized and the operation succeeded" : "an error";
}

/// Column-major c = alpha op(a) op(b) + beta c.
cublasStatus_t cublasSgemm_v2(cublasHandle_t, cublasOperation_t op_a, cublasOperation_t op_b, int m, int n, int k,
                              const float* alpha, const float* a, int lda, const float* b, int ldb, const float* beta,
                              float* c, int ldc) {
  if (m < 0 || n < 0 || k < 0 || lda < 1 || ldb < 1 || ldc < (m > 1 ? m : 1)) return CUBLAS_STATUS_INVALID_VALUE;
  if (lda < (op_a == CUBLAS_OP_N ? m : k) || ldb < (op_b == CUBLAS_OP_N ? k : n)) return CUBLAS_STATUS_INVALID_VALUE;
  std::vector<float> column(static_cast<std::size_t>(m));
  for (int j = 0; j < n; ++j) {
    std::fill(column.begin(), column.end(), 0.0f);
    for (int l = 0; l < k; ++l) {
      const float y = op_b == CUBLAS_OP_N ? b[l + std::size_t(j) * ldb] : b[j + std::size_t(l) * ldb];
      if (op_a == CUBLAS_OP_N)
        for (int i = 0; i < m; ++i) column[static_cast<std::size_t>(i)] += a[i + std::size_t(l) * lda] * y;
      else
        for (int i = 0; i < m; ++i) column[static_cast<std::size_t>(i)] += a[l + std::size_t(i) * lda] * y;
    }
    float* to = c + std::size_t(j) * ldc;
    for (int i = 0; i < m; ++i)
      to[i] = *alpha * column[static_cast<std::size_t>(i)] + (*beta == 0 ? 0.0f : *beta * to[i]);
  }
  return CUBLAS_STATUS_SUCCESS;
}

}  // extern "C"
