#include "kernels/conv/conv_cpu.h"

#include <vector>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/library_threads.h"
#include "kernels/core/cpu/parallel.h"

// The definitions walk the other way round than the CUDA kernels do. Those gather what an output needs; here every
// input is scattered to the outputs it reaches, so that a common slip of an index cannot cancel. Sums are double.
namespace gan {

namespace {

/// The output coordinate that reads input coordinate `at` through filter tap `tap`, or -1: there is one only where the
/// division is exact and the result lies inside.
std::int64_t reading_output(std::int64_t at, std::int64_t pad, std::int64_t tap, std::int64_t stride,
                            std::int64_t outputs) {
  const std::int64_t scaled = at + pad - tap;
  if (scaled < 0 || scaled % stride != 0 || scaled / stride >= outputs) return -1;
  return scaled / stride;
}

/// y[n, p, q, :] += x[n, h, w, :] w[:, r, s, :] for every (h, w) and every tap (r, s) through which (p, q) reads it.
template <class Real>
void define(const ConvFprop& op, Real, int threads) {
  const ConvShape& g = op.shape;
  const std::int64_t image = g.p() * g.q() * g.k;
  parallel_for(g.n, 1, threads, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> sum(static_cast<std::size_t>(image));
    for (std::int64_t n = begin; n < end; ++n) {
      std::fill(sum.begin(), sum.end(), 0.0);
      for (std::int64_t h = 0; h < g.h; ++h)
        for (std::int64_t w = 0; w < g.w; ++w)
          for (std::int64_t r = 0; r < g.r; ++r)
            for (std::int64_t s = 0; s < g.s; ++s) {
              const std::int64_t p = reading_output(h, g.pad_h, r, g.stride_h, g.p());
              const std::int64_t q = reading_output(w, g.pad_w, s, g.stride_w, g.q());
              if (p < 0 || q < 0) continue;
              const Real* x = op.x.as<Real>() + ((n * g.h + h) * g.w + w) * g.c;
              for (std::int64_t k = 0; k < g.k; ++k) {
                const Real* filter = op.w.as<Real>() + ((k * g.r + r) * g.s + s) * g.c;
                double dot = 0;
                for (std::int64_t c = 0; c < g.c; ++c)
                  dot += static_cast<double>(x[c]) * static_cast<double>(filter[c]);
                sum[static_cast<std::size_t>((p * g.q() + q) * g.k + k)] += dot;
              }
            }
      for (std::int64_t i = 0; i < image; ++i)
        op.y.as<Real>()[n * image + i] = static_cast<Real>(sum[static_cast<std::size_t>(i)]);
    }
  });
}

/// Calls body(p, q, r, s, h, w) for every output pixel and every tap that lies on a pixel (h, w) of the input.
template <class Body>
void for_each_tap(const ConvShape& g, const Body& body) {
  for (std::int64_t p = 0; p < g.p(); ++p)
    for (std::int64_t q = 0; q < g.q(); ++q)
      for (std::int64_t r = 0; r < g.r; ++r)
        for (std::int64_t s = 0; s < g.s; ++s) {
          const std::int64_t h = p * g.stride_h - g.pad_h + r, w = q * g.stride_w - g.pad_w + s;
          if (h >= 0 && h < g.h && w >= 0 && w < g.w) body(p, q, r, s, h, w);
        }
}

/// dx[n, h, w, :] += dy[n, p, q, k] w[k, r, s, :]: what (p, q) read through (r, s) gets its share of the gradient.
template <class Real>
void define(const ConvDgrad& op, Real, int threads) {
  const ConvShape& g = op.shape;
  const std::int64_t image = g.h * g.w * g.c;
  parallel_for(g.n, 1, threads, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> sum(static_cast<std::size_t>(image));
    for (std::int64_t n = begin; n < end; ++n) {
      std::fill(sum.begin(), sum.end(), 0.0);
      for_each_tap(g,
                   [&](std::int64_t p, std::int64_t q, std::int64_t r, std::int64_t s, std::int64_t h, std::int64_t w) {
                     double* to = sum.data() + (h * g.w + w) * g.c;
                     for (std::int64_t k = 0; k < g.k; ++k) {
                       const double dy = op.dy.as<Real>()[((n * g.p() + p) * g.q() + q) * g.k + k];
                       const Real* filter = op.w.as<Real>() + ((k * g.r + r) * g.s + s) * g.c;
                       for (std::int64_t c = 0; c < g.c; ++c) to[c] += dy * static_cast<double>(filter[c]);
                     }
                   });
      for (std::int64_t i = 0; i < image; ++i)
        op.dx.as<Real>()[n * image + i] = static_cast<Real>(sum[static_cast<std::size_t>(i)]);
    }
  });
}

/// dw[k, r, s, :] += dy[n, p, q, k] x[n, h, w, :]. Threads share the filters out among them, not the terms of the sums.
template <class Real>
void define(const ConvWgrad& op, Real, int threads) {
  const ConvShape& g = op.shape;
  const std::int64_t taps = g.r * g.s * g.c;
  parallel_for(g.k, 1, threads, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> sum(static_cast<std::size_t>((end - begin) * taps), 0.0);
    for (std::int64_t n = 0; n < g.n; ++n)
      for_each_tap(g,
                   [&](std::int64_t p, std::int64_t q, std::int64_t r, std::int64_t s, std::int64_t h, std::int64_t w) {
                     const Real* x = op.x.as<Real>() + ((n * g.h + h) * g.w + w) * g.c;
                     const Real* dy = op.dy.as<Real>() + ((n * g.p() + p) * g.q() + q) * g.k;
                     for (std::int64_t k = begin; k < end; ++k) {
                       double* to = sum.data() + (k - begin) * taps + (r * g.s + s) * g.c;
                       for (std::int64_t c = 0; c < g.c; ++c)
                         to[c] += static_cast<double>(dy[k]) * static_cast<double>(x[c]);
                     }
                   });
    const bool accumulate = op.mode == ParamGrad::Accumulate;
    for (std::int64_t i = begin * taps; i < end * taps; ++i) {
      const double before = accumulate ? static_cast<double>(op.dw.as<Real>()[i]) : 0.0;
      op.dw.as<Real>()[i] = static_cast<Real>(before + sum[static_cast<std::size_t>(i - begin * taps)]);
    }
  });
}

/// oneDNN where it has a kernel, matrix products where it has not; the definition for F64 and on request.
template <class Op>
void run_any(const Op& op, DType dtype, CpuDevice& device) {
  if (kLibraryThreads && dtype == DType::F32 && !device.definition_only()) {
    if (!run_onednn(op, device)) run_im2col(op, device);
    return;
  }
  dispatch_real(dtype, Op::kName, [&](auto real) { define(op, real, device.threads()); });
}

}  // namespace

void run(const ConvFprop& op, CpuDevice& device) { run_any(op, op.y.dtype, device); }
void run(const ConvDgrad& op, CpuDevice& device) { run_any(op, op.dx.dtype, device); }
void run(const ConvWgrad& op, CpuDevice& device) {
  if (op.mode != ParamGrad::Skip) run_any(op, op.dw.dtype, device);
}

}  // namespace gan
