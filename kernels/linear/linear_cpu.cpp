#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/library_threads.h"
#include "kernels/core/cpu/parallel.h"
#include "kernels/linear/linear_gemm.h"

namespace gan {

namespace {

/// x(n, in), w(out, in), y(n, out).
struct Extents {
  std::int64_t n, in, out;
};

Extents extents_of(const Tensor& x, const Tensor& w) { return {x.shape[0], w.count() / w.shape[0], w.shape[0]}; }

/// y[n, o] = sum over i of x[n, i] w[o, i], in double.
template <class Real>
void define(const LinearFprop& op, Real, int threads) {
  const auto [n, in, out] = extents_of(op.x, op.w);
  parallel_for(n, 1, threads, [&, in = in, out = out](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      for (std::int64_t o = 0; o < out; ++o) {
        double sum = 0;
        for (std::int64_t i = 0; i < in; ++i)
          sum += static_cast<double>(op.x.as<Real>()[row * in + i]) * static_cast<double>(op.w.as<Real>()[o * in + i]);
        op.y.as<Real>()[row * out + o] = static_cast<Real>(sum);
      }
  });
}

/// dx[n, i] = sum over o of dy[n, o] w[o, i], in double.
template <class Real>
void define(const LinearDgrad& op, Real, int threads) {
  const auto [n, in, out] = extents_of(op.dx, op.w);
  parallel_for(n, 1, threads, [&, in = in, out = out](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      for (std::int64_t i = 0; i < in; ++i) {
        double sum = 0;
        for (std::int64_t o = 0; o < out; ++o)
          sum +=
              static_cast<double>(op.dy.as<Real>()[row * out + o]) * static_cast<double>(op.w.as<Real>()[o * in + i]);
        op.dx.as<Real>()[row * in + i] = static_cast<Real>(sum);
      }
  });
}

/// dw[o, i] (=, +=) sum over n of dy[n, o] x[n, i], in double.
template <class Real>
void define(const LinearWgrad& op, Real, int threads) {
  const auto [n, in, out] = extents_of(op.x, op.dw);
  parallel_for(out, 1, threads, [&, n = n, in = in, out = out](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o)
      for (std::int64_t i = 0; i < in; ++i) {
        Real& dw = op.dw.as<Real>()[o * in + i];
        double sum = op.mode == ParamGrad::Accumulate ? static_cast<double>(dw) : 0.0;
        for (std::int64_t row = 0; row < n; ++row)
          sum +=
              static_cast<double>(op.dy.as<Real>()[row * out + o]) * static_cast<double>(op.x.as<Real>()[row * in + i]);
        dw = static_cast<Real>(sum);
      }
  });
}

/// oneDNN's matrix product for F32; the definition for F64 and on request.
template <class Op>
void run_any(const Op& op, DType dtype, CpuDevice& device) {
  if (kLibraryThreads && dtype == DType::F32 && !device.definition_only())
    return device.products() == Precision::Bf16 ? gemm_of_bf16(product_of(op), device) : gemm(product_of(op), device);
  dispatch_real(dtype, Op::kName, [&](auto real) { define(op, real, device.threads()); });
}

}  // namespace

void run(const LinearFprop& op, CpuDevice& device) { run_any(op, op.y.dtype, device); }
void run(const LinearDgrad& op, CpuDevice& device) { run_any(op, op.dx.dtype, device); }
void run(const LinearWgrad& op, CpuDevice& device) {
  if (op.mode != ParamGrad::Skip) run_any(op, op.dw.dtype, device);
}

}  // namespace gan
