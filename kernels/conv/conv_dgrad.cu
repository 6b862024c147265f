// conv dgrad: dx(N, H, W, C) = the gradient of <dy, conv(x, w)> by x; also the transposed convolution of dy by w
//
//   dx[n,h,w,c] = sum over r, s, k of dy[n,p,q,k] w[k,r,s,c],  p = (h + pad_h - r) / stride_h,  q alike,
//                 only where both divisions are exact and (p, q) lies inside dy
//
// Which taps divide exactly depends on h mod stride_h and w mod stride_w alone. So the pixels fall into
// stride_h * stride_w phases, each of them a dense matrix product (implicit_gemm.cuh): rows are the N H' W' pixels of
// the phase, columns C, depth (taps of the phase) * K. No zeros are stuffed in, nothing is added atomically, and a
// pixel (or a whole phase) that no tap reaches gets the 0 of an empty sum. dy is contiguous along the depth, w along
// the columns; four at a time where 4 divides K or C.
// Traffic: at best |dy| + |w| + |dx| of memory; a phase reads dy about taps * C / tile columns times from L2.
// Launch: a block of 128 or 256 threads for each tile of each phase, phases of a tile next to each other: they read the
//   same part of dy. Blocks beyond the rows of their (smaller) phase return at once.
// report: conv_dgrad_kernel uncoalesced: where C is 3, a thread stores each channel alone and a phase has every other pixel
// Determinism: every sum runs in one thread, in the order (r, s, k).
#include <algorithm>

#include "kernels/conv/conv.h"
#include "kernels/conv/conv_loaders.cuh"
#include "kernels/conv/implicit_gemm.cuh"
#include "kernels/core/cuda/cuda_device.h"

namespace gan {

namespace {

/// One axis of one phase: which pixels it has, which taps reach them, and where those taps read dy:
/// pixel first_pixel + stride i reads dy at origin + i - t through tap first_tap + stride t.
struct AxisPhase {
  std::uint32_t first_pixel, pixels, first_tap, taps, origin;
  FastDivisor by_pixels, by_taps;
};

/// All phases of one axis.
struct AxisPhases {
  std::uint32_t extent, filter, stride, pad, outputs;
  std::uint32_t count;                          ///< phases that have pixels
  FastDivisor by_most_pixels, by_fewer_pixels;  ///< a phase has one number of pixels or one less,
  FastDivisor by_most_taps, by_fewer_taps;      ///< and of taps

  AxisPhases(std::int64_t extent_, std::int64_t filter_, std::int64_t stride_, std::int64_t pad_, std::int64_t outputs_)
      : extent(static_cast<std::uint32_t>(extent_)),
        filter(static_cast<std::uint32_t>(filter_)),
        stride(static_cast<std::uint32_t>(stride_)),
        pad(static_cast<std::uint32_t>(pad_)),
        outputs(static_cast<std::uint32_t>(outputs_)),
        count(std::min(stride, extent)),
        by_most_pixels(most_pixels()),
        by_fewer_pixels(std::max<std::int64_t>(extent_ / stride_, 1)),
        by_most_taps((filter_ + stride_ - 1) / stride_),
        by_fewer_taps(std::max<std::int64_t>(filter_ / stride_, 1)) {}

  std::int64_t most_pixels() const { return (std::int64_t{extent} + stride - 1) / stride; }

  __device__ __forceinline__ AxisPhase phase(std::uint32_t index) const {
    AxisPhase at;
    at.first_pixel = index;
    at.pixels = (extent - index + stride - 1) / stride;
    at.first_tap = (index + pad) % stride;
    at.taps = at.first_tap < filter ? (filter - at.first_tap + stride - 1) / stride : 0;
    at.origin = (index + pad) / stride;
    at.by_pixels = at.pixels == by_most_pixels.divisor ? by_most_pixels : by_fewer_pixels;
    at.by_taps = at.taps == by_most_taps.divisor ? by_most_taps : by_fewer_taps;
    return at;
  }
};

/// The filter as a phase reads it: lines are channels C, the depth is (tap of the phase, k).
template <class T, int Width>
struct FilterPhase {
  static constexpr int kWidth = Width;
  static constexpr bool kAlongDepth = false;
  const T* filter;
  std::uint32_t channels, height, width, depth;
  std::uint32_t first_h, first_w, step_h, step_w;  ///< taps of the phase in the filter
  FastDivisor by_filters, by_taps_across;

  using Line = std::uint32_t;
  __device__ __forceinline__ Line line(std::uint32_t channel) const { return channel; }
  __device__ __forceinline__ Source<T> source(Line channel, std::uint32_t d) const {
    std::uint32_t tap, k, t, u;
    by_filters.divide(d, tap, k);
    by_taps_across.divide(tap, t, u);
    const std::uint32_t at = (k * height + first_h + t * step_h) * width + first_w + u * step_w;
    return {filter, static_cast<std::size_t>(at) * channels + channel, channel < channels && d < depth};
  }
};

/// The epilogue: the rows of a tile lie apart in dx. Which pixels they are is worked out once, before the sums take up the registers.
template <class T>
struct StorePhase {
  StoreMatrix<T> dx;            ///< all pixels
  const std::uint32_t* pixels;  ///< of the rows of the tile, in shared memory
  std::uint32_t first_row;

  __device__ __forceinline__ T* row(std::uint32_t i) const { return dx.row(pixels[i - first_row]); }
  __device__ __forceinline__ void put(T* to, std::uint32_t column, const Floats<4>& sum) const {
    dx.put(to, column, sum);
  }
};

/// A row of a tile that is no pixel.
constexpr std::uint32_t kNoPixel = ~0u;

template <class T>
struct Dgrad {
  const T *dy, *w;
  StoreMatrix<T> dx;
  std::uint32_t images, filters;
  AxisPhases vertical, horizontal;
};

/// The pixel of dx that row i of a phase is.
template <class T>
__device__ __forceinline__ std::uint32_t pixel_of(const Dgrad<T>& op, const AxisPhase& v, const AxisPhase& h,
                                                  std::uint32_t i) {
  if (i >= op.images * v.pixels * h.pixels) return kNoPixel;
  std::uint32_t line, image, row, column;
  h.by_pixels.divide(i, line, column);
  v.by_pixels.divide(line, image, row);
  return (image * op.vertical.extent + v.first_pixel + row * op.vertical.stride) * op.horizontal.extent +
         h.first_pixel + column * op.horizontal.stride;
}

template <class T>
__device__ __forceinline__ PatchGeometry phase_geometry(const Dgrad<T>& op, const AxisPhase& v, const AxisPhase& h) {
  PatchGeometry dy;
  dy.height = op.vertical.outputs;
  dy.width = op.horizontal.outputs;
  dy.channels = op.filters;
  dy.pixels = op.images * v.pixels * h.pixels;
  dy.depth = v.taps * h.taps * op.filters;
  dy.step_h = dy.step_w = 1;
  dy.origin_h = static_cast<std::int32_t>(v.origin);
  dy.origin_w = static_cast<std::int32_t>(h.origin);
  dy.tap_step = -1;
  dy.by_outputs_across = h.by_pixels;
  dy.by_outputs_down = v.by_pixels;
  dy.by_taps_across = h.by_taps;
  return dy;
}

template <class Tile, class T, int WidthK, int WidthC>
__global__ void __launch_bounds__(Tile::kThreads, Tile::blocks(WidthK < WidthC ? WidthK : WidthC))
    conv_dgrad_kernel(Dgrad<T> op, FastDivisor by_filters) {
  const std::uint32_t phases = op.vertical.count * op.horizontal.count;
  const std::uint32_t phase = blockIdx.x % phases;
  const TilePlace<Tile> tile(blockIdx.x / phases, op.dx.columns);
  const AxisPhase vertical = op.vertical.phase(phase / op.horizontal.count);
  const AxisPhase horizontal = op.horizontal.phase(phase % op.horizontal.count);

  PatchLines<T, WidthK> dy;
  dy.tensor = op.dy;
  dy.geometry = phase_geometry(op, vertical, horizontal);
  dy.geometry.by_channels = by_filters;
  if (tile.first_row >= dy.geometry.pixels) return;

  FilterPhase<T, WidthC> w;
  w.filter = op.w;
  w.channels = op.dx.columns;
  w.height = op.vertical.filter;
  w.width = op.horizontal.filter;
  w.depth = dy.geometry.depth;
  w.first_h = vertical.first_tap;
  w.first_w = horizontal.first_tap;
  w.step_h = op.vertical.stride;
  w.step_w = op.horizontal.stride;
  w.by_filters = by_filters;
  w.by_taps_across = horizontal.by_taps;

  GAN_SHARED(std::uint32_t, pixels, [Tile::kRows]);
  for (int i = static_cast<int>(threadIdx.x); i < Tile::kRows; i += Tile::kThreads)
    pixels[i] = pixel_of(op, vertical, horizontal, tile.first_row + static_cast<std::uint32_t>(i));
  __syncthreads();
  const StorePhase<T> dx = {op.dx, pixels, tile.first_row};
  compute_tile<Tile>(dy, w, dx, tile.first_row, tile.first_column, 0, w.depth);
}

}  // namespace

void run(const ConvDgrad& op, CudaDevice& device) {
  const ConvShape& g = op.shape;
  with_storage(op.kName, op.dy.dtype, [&](auto storage) {
    using T = decltype(storage);
    const Dgrad<T> product = {
        .dy = op.dy.as<const T>(),
        .w = op.w.as<const T>(),
        .dx = {.at = op.dx.as<T>(),
               .rows = static_cast<std::uint32_t>(g.n * g.h * g.w),
               .columns = static_cast<std::uint32_t>(g.c),
               .whole_groups = vector_width(g.c, op.dx.as<T>()) == 4,
               .accumulate = false},
        .images = static_cast<std::uint32_t>(g.n),
        .filters = static_cast<std::uint32_t>(g.k),
        .vertical = AxisPhases(g.h, g.r, g.stride_h, g.pad_h, g.p()),
        .horizontal = AxisPhases(g.w, g.s, g.stride_w, g.pad_w, g.q()),
    };
    const std::int64_t rows = g.n * product.vertical.most_pixels() * product.horizontal.most_pixels();
    const std::int64_t phases = std::int64_t{product.vertical.count} * product.horizontal.count;
    const int width_k = vector_width(g.k, op.dy.as<T>()), width_c = vector_width(g.c, op.w.as<T>());
    dispatch_tile(choose_gemm_tile(rows, g.c, phases), [&](auto tile) {
      using Tile = decltype(tile);
      const LaunchShape shape = {.grid = {static_cast<unsigned>(gemm_tile_count(Tile::kKind, rows, g.c) * phases)},
                                 .block = {Tile::kThreads}};
      const FastDivisor by_filters(g.k);
      const auto start = [&](auto kernel) { launch(kernel, shape, device.stream(), product, by_filters); };
      if (width_k == 4 && width_c == 4) start(conv_dgrad_kernel<Tile, T, 4, 4>);
      else if (width_k == 4) start(conv_dgrad_kernel<Tile, T, 4, 1>);
      else start(conv_dgrad_kernel<Tile, T, 1, 1>);
    });
  });
}

}  // namespace gan
