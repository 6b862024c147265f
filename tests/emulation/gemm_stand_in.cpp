// The matrix product of linear layers where there is no cuBLAS: the definition, in fp32, one thread.

#include <algorithm>
#include <vector>

#include "kernels/linear/gemm.h"

namespace gan {

void gemm(const GemmArguments& g, CudaDevice&) {
  validate(g);
  std::vector<float> sum(static_cast<std::size_t>(g.n));
  for (std::int64_t row = 0; row < g.m; ++row) {
    std::fill(sum.begin(), sum.end(), 0.0f);
    for (std::int64_t i = 0; i < g.k; ++i) {
      const float a = g.transpose_a ? g.a[i * g.lda + row] : g.a[row * g.lda + i];
      const float* b = g.transpose_b ? g.b + i : g.b + i * g.ldb;
      const std::int64_t step = g.transpose_b ? g.ldb : 1;
      for (std::int64_t column = 0; column < g.n; ++column)
        sum[static_cast<std::size_t>(column)] += a * b[column * step];
    }
    float* c = g.c + row * g.ldc;
    for (std::int64_t column = 0; column < g.n; ++column) {
      const float product = sum[static_cast<std::size_t>(column)];
      c[column] = g.beta == 0 ? product : product + g.beta * c[column];
    }
  }
}

}  // namespace gan
