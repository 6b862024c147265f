// The matrix product on the CPU, by oneDNN.

#include <dnnl.h>
#include <dnnl_debug.h>

#include "kernels/core/contract/error.h"
#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/library_threads.h"
#include "kernels/linear/gemm.h"

namespace gan {

void gemm(const GemmArguments& g, CpuDevice& device) {
  validate(g);
  const LibraryThreads threads(device.threads());
  const dnnl_status_t status = dnnl_sgemm(g.transpose_a ? 'T' : 'N', g.transpose_b ? 'T' : 'N', g.m, g.n, g.k, 1.0f,
                                          g.a, g.lda, g.b, g.ldb, g.beta, g.c, g.ldc);
  require(status == dnnl_success, "gemm: oneDNN: {} (m {}, n {}, k {})", dnnl_status2str(status), g.m, g.n, g.k);
}

}  // namespace gan
