#include "kernels/linear/gemm.h"

#include <algorithm>

#include "kernels/core/contract/error.h"

namespace gan {

void validate(const GemmArguments& g) {
  constexpr std::int64_t kMost = 0x7fffffff;
  require(g.m >= 0 && g.n >= 0 && g.k >= 0, "gemm: negative extent in m {}, n {}, k {}", g.m, g.n, g.k);
  require(std::max({g.m, g.n, g.k, g.lda, g.ldb, g.ldc}) <= kMost,
          "gemm: an extent is over 2^31-1: m {}, n {}, k {}, lda {}, ldb {}, ldc {}", g.m, g.n, g.k, g.lda, g.ldb,
          g.ldc);
  const std::int64_t columns_of_a = g.transpose_a ? g.m : g.k, columns_of_b = g.transpose_b ? g.k : g.n;
  require(g.lda >= std::max<std::int64_t>(1, columns_of_a), "gemm: rows of a have {} elements but lda is {}",
          columns_of_a, g.lda);
  require(g.ldb >= std::max<std::int64_t>(1, columns_of_b), "gemm: rows of b have {} elements but ldb is {}",
          columns_of_b, g.ldb);
  require(g.ldc >= std::max<std::int64_t>(1, g.n), "gemm: rows of c have {} elements but ldc is {}", g.n, g.ldc);
}

}  // namespace gan
