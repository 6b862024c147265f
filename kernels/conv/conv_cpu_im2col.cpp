#include <algorithm>
#include <cstring>

#include "kernels/conv/conv_cpu.h"
#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/parallel.h"
#include "kernels/linear/gemm.h"

namespace gan {

namespace {

/// What one row of im2col's matrix is: the R S C values under output pixel (p, q), taps outside the input being 0.
/// The taps of one filter row are contiguous in x as well, `first` to `last` of them inside.
struct Im2colRow {
  Im2colRow(const ConvShape& shape, std::int64_t p, std::int64_t q)
      : g(shape), top(p * g.stride_h - g.pad_h), left(q * g.stride_w - g.pad_w) {
    first = std::clamp<std::int64_t>(-left, 0, g.s);
    last = std::clamp<std::int64_t>(g.w - left, first, g.s);
  }
  bool inside(std::int64_t r) const { return top + r >= 0 && top + r < g.h; }
  /// Offset in the image of the value that tap (r, first), channel 0 reads.
  std::int64_t source(std::int64_t r) const { return ((top + r) * g.w + left + first) * g.c; }

  const ConvShape& g;
  std::int64_t top, left, first, last;
};

/// columns(p, q; r, s, c) = what the tap reads, for one image.
void im2col(const ConvShape& g, const float* image, float* columns) {
  for (std::int64_t p = 0; p < g.p(); ++p)
    for (std::int64_t q = 0; q < g.q(); ++q) {
      const Im2colRow row(g, p, q);
      for (std::int64_t r = 0; r < g.r; ++r, columns += g.s * g.c) {
        if (!row.inside(r) || row.first == row.last) {
          std::fill_n(columns, g.s * g.c, 0.0f);
          continue;
        }
        std::fill_n(columns, row.first * g.c, 0.0f);
        std::copy_n(image + row.source(r), (row.last - row.first) * g.c, columns + row.first * g.c);
        std::fill_n(columns + row.last * g.c, (g.s - row.last) * g.c, 0.0f);
      }
    }
}

/// The adjoint of `im2col`: image = the sum over all places that a pixel was copied to.
void col2im(const ConvShape& g, const float* columns, float* image) {
  std::fill_n(image, g.h * g.w * g.c, 0.0f);
  for (std::int64_t p = 0; p < g.p(); ++p)
    for (std::int64_t q = 0; q < g.q(); ++q) {
      const Im2colRow row(g, p, q);
      for (std::int64_t r = 0; r < g.r; ++r, columns += g.s * g.c) {
        if (!row.inside(r) || row.first == row.last) continue;
        const std::int64_t count = (row.last - row.first) * g.c;
        const float* from = columns + row.first * g.c;
        float* to = image + row.source(r);
        for (std::int64_t i = 0; i < count; ++i) to[i] += from[i];
      }
    }
}

/// Calls body(first image, images, columns) for groups of images whose matrices fit into the cache, or at least
/// one image for each thread.
template <class Body>
void for_each_group(const ConvShape& g, CpuDevice& device, const Body& body) {
  constexpr std::int64_t kCachedFloats = std::int64_t{128} * 1024;
  const std::int64_t floats = g.p() * g.q() * g.r * g.s * g.c;
  const std::int64_t fitting = std::max<std::int64_t>(kCachedFloats / floats, 1) * device.threads();
  const std::int64_t group = std::min(g.n, fitting);
  auto* columns = static_cast<float*>(device.scratch(static_cast<std::size_t>(group * floats) * sizeof(float)));
  for (std::int64_t first = 0; first < g.n; first += group) body(first, std::min(group, g.n - first), columns);
}

void im2col_group(const ConvShape& g, const float* x, std::int64_t images, float* columns, int threads) {
  parallel_for(images, 1, threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      im2col(g, x + i * g.h * g.w * g.c, columns + i * g.p() * g.q() * g.r * g.s * g.c);
  });
}

}  // namespace

void run_im2col(const ConvFprop& op, CpuDevice& device) {
  const ConvShape& g = op.shape;
  const std::int64_t pixels = g.p() * g.q(), taps = g.r * g.s * g.c;
  for_each_group(g, device, [&](std::int64_t first, std::int64_t images, float* columns) {
    im2col_group(g, op.x.as<float>() + first * g.h * g.w * g.c, images, columns, device.threads());
    gemm({.m = images * pixels,
          .n = g.k,
          .k = taps,
          .a = columns,
          .lda = taps,
          .transpose_a = false,
          .b = op.w.as<float>(),
          .ldb = taps,
          .transpose_b = true,
          .beta = 0,
          .c = op.y.as<float>() + first * pixels * g.k,
          .ldc = g.k},
         device);
  });
}

void run_im2col(const ConvDgrad& op, CpuDevice& device) {
  const ConvShape& g = op.shape;
  const std::int64_t pixels = g.p() * g.q(), taps = g.r * g.s * g.c, image = g.h * g.w * g.c;
  for_each_group(g, device, [&](std::int64_t first, std::int64_t images, float* columns) {
    gemm({.m = images * pixels,
          .n = taps,
          .k = g.k,
          .a = op.dy.as<float>() + first * pixels * g.k,
          .lda = g.k,
          .transpose_a = false,
          .b = op.w.as<float>(),
          .ldb = taps,
          .transpose_b = false,
          .beta = 0,
          .c = columns,
          .ldc = taps},
         device);
    parallel_for(images, 1, device.threads(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        col2im(g, columns + i * pixels * taps, op.dx.as<float>() + (first + i) * image);
    });
  });
}

void run_im2col(const ConvWgrad& op, CpuDevice& device) {
  const ConvShape& g = op.shape;
  const std::int64_t pixels = g.p() * g.q(), taps = g.r * g.s * g.c;
  for_each_group(g, device, [&](std::int64_t first, std::int64_t images, float* columns) {
    im2col_group(g, op.x.as<float>() + first * g.h * g.w * g.c, images, columns, device.threads());
    gemm({.m = g.k,
          .n = taps,
          .k = images * pixels,
          .a = op.dy.as<float>() + first * pixels * g.k,
          .lda = g.k,
          .transpose_a = true,
          .b = columns,
          .ldb = taps,
          .transpose_b = false,
          .beta = first > 0 || op.mode == ParamGrad::Accumulate ? 1.0f : 0.0f,
          .c = op.dw.as<float>(),
          .ldc = taps},
         device);
  });
}

}  // namespace gan
