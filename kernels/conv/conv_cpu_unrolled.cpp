#include <dnnl.h>

#include <algorithm>
#include <cstring>

#include "kernels/conv/conv_cpu.h"
#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/library_threads.h"
#include "kernels/core/cpu/parallel.h"

namespace gan {

namespace {

/// What one row of the unrolled input is: the R S C values under output pixel (p, q), taps outside the input being 0.
/// The taps of one filter row are contiguous in x as well, `first` to `last` of them inside.
struct UnrolledRow {
  UnrolledRow(const ConvShape& shape, std::int64_t p, std::int64_t q)
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
void unroll(const ConvShape& g, const float* image, float* columns) {
  for (std::int64_t p = 0; p < g.p(); ++p)
    for (std::int64_t q = 0; q < g.q(); ++q) {
      const UnrolledRow row(g, p, q);
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

/// The adjoint of `unroll`: image = the sum over all places that a pixel was copied to.
void roll(const ConvShape& g, const float* columns, float* image) {
  std::fill_n(image, g.h * g.w * g.c, 0.0f);
  for (std::int64_t p = 0; p < g.p(); ++p)
    for (std::int64_t q = 0; q < g.q(); ++q) {
      const UnrolledRow row(g, p, q);
      for (std::int64_t r = 0; r < g.r; ++r, columns += g.s * g.c) {
        if (!row.inside(r) || row.first == row.last) continue;
        const std::int64_t count = (row.last - row.first) * g.c;
        const float* from = columns + row.first * g.c;
        float* to = image + row.source(r);
        for (std::int64_t i = 0; i < count; ++i) to[i] += from[i];
      }
    }
}

/// Calls body(first image, images, columns) for groups of images whose unrolled values fit into the cache, or at least
/// one image for each thread.
template <class Body>
void for_each_group(const ConvShape& g, CpuDevice& device, const Body& body) {
  constexpr std::int64_t kCachedFloats = std::int64_t{128} * 1024;
  const std::int64_t floats = g.p() * g.q() * g.r * g.s * g.c;
  const std::int64_t fitting = std::max<std::int64_t>(kCachedFloats / floats, 1) * device.threads();
  const std::int64_t group = std::min(g.n, fitting);
  auto* columns = static_cast<float*>(device.scratch(static_cast<std::size_t>(group * floats) * sizeof(float)));
  const LibraryThreads threads(device.threads());
  for (std::int64_t first = 0; first < g.n; first += group) body(first, std::min(group, g.n - first), columns);
}

void unroll_group(const ConvShape& g, const float* x, std::int64_t images, float* columns, int threads) {
  parallel_for(images, 1, threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      unroll(g, x + i * g.h * g.w * g.c, columns + i * g.p() * g.q() * g.r * g.s * g.c);
  });
}

}  // namespace

void run_unrolled(const ConvForward& op, CpuDevice& device) {
  const ConvShape& g = op.shape;
  const std::int64_t pixels = g.p() * g.q(), taps = g.r * g.s * g.c;
  for_each_group(g, device, [&](std::int64_t first, std::int64_t images, float* columns) {
    unroll_group(g, op.x.as<float>() + first * g.h * g.w * g.c, images, columns, device.threads());
    dnnl_sgemm('N', 'T', images * pixels, g.k, taps, 1.0f, columns, taps, op.w.as<float>(), taps, 0.0f,
               op.y.as<float>() + first * pixels * g.k, g.k);
  });
}

void run_unrolled(const ConvInputGradient& op, CpuDevice& device) {
  const ConvShape& g = op.shape;
  const std::int64_t pixels = g.p() * g.q(), taps = g.r * g.s * g.c, image = g.h * g.w * g.c;
  for_each_group(g, device, [&](std::int64_t first, std::int64_t images, float* columns) {
    dnnl_sgemm('N', 'N', images * pixels, taps, g.k, 1.0f, op.dy.as<float>() + first * pixels * g.k, g.k,
               op.w.as<float>(), taps, 0.0f, columns, taps);
    parallel_for(images, 1, device.threads(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        roll(g, columns + i * pixels * taps, op.dx.as<float>() + (first + i) * image);
    });
  });
}

void run_unrolled(const ConvWeightGradient& op, CpuDevice& device) {
  const ConvShape& g = op.shape;
  const std::int64_t pixels = g.p() * g.q(), taps = g.r * g.s * g.c;
  for_each_group(g, device, [&](std::int64_t first, std::int64_t images, float* columns) {
    unroll_group(g, op.x.as<float>() + first * g.h * g.w * g.c, images, columns, device.threads());
    const float keep = first > 0 || op.mode == ParamGrad::Accumulate ? 1.0f : 0.0f;
    dnnl_sgemm('T', 'N', g.k, taps, images * pixels, 1.0f, op.dy.as<float>() + first * pixels * g.k, g.k, columns, taps,
               keep, op.dw.as<float>(), taps);
  });
}

}  // namespace gan
