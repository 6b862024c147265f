// The matrix product on a GPU, by cuBLAS: full fp32, no TF32.

#include <cublas_v2.h>

#include "kernels/core/contract/error.h"
#include "kernels/core/cuda/cuda_device.h"
#include "kernels/linear/gemm.h"

namespace gan {

// cuBLAS is column-major. A row-major matrix is its own transpose to a column-major reader, so that the row-major
// c = op(a) op(b) is the column-major c^T = op(b)^T op(a)^T: the operands change places and keep their transposition.
void gemm(const GemmArguments& g, CudaDevice& device) {
  validate(g);
  if (g.m == 0 || g.n == 0) return;
  const float one = 1;
  const cublasStatus_t status = cublasSgemm(
      static_cast<cublasHandle_t>(device.blas()), g.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N,
      g.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N, static_cast<int>(g.n), static_cast<int>(g.m), static_cast<int>(g.k),
      &one, g.b, static_cast<int>(g.ldb), g.a, static_cast<int>(g.lda), &g.beta, g.c, static_cast<int>(g.ldc));
  require(status == CUBLAS_STATUS_SUCCESS, "gemm: cuBLAS: {} (m {}, n {}, k {})", cublasGetStatusString(status), g.m,
          g.n, g.k);
}

}  // namespace gan
