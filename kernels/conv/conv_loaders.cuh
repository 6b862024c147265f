// What the implicit matrix products read and write: views of tensors as matrices, four elements or one at a time.
//
// A loader has
//   kWidth       elements a load: 4 where the contiguous axis (and the pointer) allows it, else 1
//   kAlongDepth  whether memory is contiguous along the depth (the axis summed over) or along the lines (rows of the
//                left operand, columns of the right one)
//   Line         what can be worked out once for a line (for the first of kWidth lines if not kAlongDepth)
//   line(i)      that; i may lie beyond the last line
//   source(l, d) where the kWidth elements of line(s) l at depth d are, and whether they lie inside the matrix
#pragma once

#include <cstdint>

#include "kernels/conv/conv.h"
#include "kernels/conv/implicit_gemm.cuh"
#include "kernels/core/cuda/fast_divisor.h"

namespace gan {

/// A stored matrix (lines, depth), row-major.
template <class T, int Width>
struct MatrixLines {
  static constexpr int kWidth = Width;
  static constexpr bool kAlongDepth = true;
  const T* at;
  std::uint32_t lines, depth;

  using Line = const T*;
  __device__ __forceinline__ Line line(std::uint32_t i) const {
    return i < lines ? at + static_cast<std::size_t>(i) * depth : nullptr;
  }
  __device__ __forceinline__ Source<T> source(Line from, std::uint32_t d) const {
    return {from != nullptr ? from : at, d, from != nullptr && d < depth};
  }
};

/// A stored matrix (depth, lines), row-major.
template <class T, int Width>
struct MatrixColumns {
  static constexpr int kWidth = Width;
  static constexpr bool kAlongDepth = false;
  const T* at;
  std::uint32_t lines, depth;

  using Line = std::uint32_t;
  __device__ __forceinline__ Line line(std::uint32_t i) const { return i; }
  __device__ __forceinline__ Source<T> source(Line i, std::uint32_t d) const {
    return {at, static_cast<std::size_t>(d) * lines + i, i < lines && d < depth};
  }
};

/// The geometry of reading an (images, height, width, channels) tensor under the taps of a filter: output pixel (i, j)
/// reads (i * step_h + origin_h + t * tap_step, j * step_w + origin_w + u * tap_step) through tap (t, u).
///   fprop, wgrad: step = stride, origin = -pad, tap_step = 1.
///   a phase of dgrad (reads dy): step = 1, tap_step = -1 and origin as AxisPhases::phase() says (conv_dgrad.cu).
struct PatchGeometry {
  std::uint32_t height, width, channels;
  std::uint32_t pixels, depth;  ///< images * outputs down * outputs across; taps down * taps across * channels
  std::int32_t step_h, step_w, origin_h, origin_w, tap_step;
  FastDivisor by_outputs_across, by_outputs_down;  ///< pixel -> image, i, j
  FastDivisor by_channels, by_taps_across;         ///< depth -> t, u, channel

  __device__ __forceinline__ void split_pixel(std::uint32_t pixel, std::uint32_t& image, std::int32_t& h,
                                              std::int32_t& w) const {
    std::uint32_t line, i, j;
    by_outputs_across.divide(pixel, line, j);
    by_outputs_down.divide(line, image, i);
    h = static_cast<std::int32_t>(i) * step_h + origin_h;
    w = static_cast<std::int32_t>(j) * step_w + origin_w;
  }
  __device__ __forceinline__ void split_depth(std::uint32_t d, std::int32_t& h, std::int32_t& w,
                                              std::uint32_t& channel) const {
    std::uint32_t tap, t, u;
    by_channels.divide(d, tap, channel);
    by_taps_across.divide(tap, t, u);
    h = static_cast<std::int32_t>(t) * tap_step;
    w = static_cast<std::int32_t>(u) * tap_step;
  }
  /// Where in `tensor` the element there is; not valid on padding, and where the caller knows that it is `beyond`.
  template <class T>
  __device__ __forceinline__ Source<T> element(const T* tensor, std::uint32_t image, std::int32_t h, std::int32_t w,
                                               std::uint32_t channel, bool beyond) const {
    // As unsigned numbers negative coordinates are large ones.
    const bool inside = static_cast<std::uint32_t>(h) < height && static_cast<std::uint32_t>(w) < width;
    const std::uint32_t at = (image * height + static_cast<std::uint32_t>(h)) * width + static_cast<std::uint32_t>(w);
    return {tensor, static_cast<std::size_t>(at) * channels + channel, inside && !beyond};
  }
};

/// How fprop and wgrad read x.
inline PatchGeometry patch_geometry(const ConvShape& g) {
  return {.height = static_cast<std::uint32_t>(g.h),
          .width = static_cast<std::uint32_t>(g.w),
          .channels = static_cast<std::uint32_t>(g.c),
          .pixels = static_cast<std::uint32_t>(g.n * g.p() * g.q()),
          .depth = static_cast<std::uint32_t>(g.r * g.s * g.c),
          .step_h = static_cast<std::int32_t>(g.stride_h),
          .step_w = static_cast<std::int32_t>(g.stride_w),
          .origin_h = static_cast<std::int32_t>(-g.pad_h),
          .origin_w = static_cast<std::int32_t>(-g.pad_w),
          .tap_step = 1,
          .by_outputs_across = FastDivisor(g.q()),
          .by_outputs_down = FastDivisor(g.p()),
          .by_channels = FastDivisor(g.c),
          .by_taps_across = FastDivisor(g.s)};
}

/// Lines are output pixels, the depth is (tap, channel).
template <class T, int Width>
struct PatchLines {
  static constexpr int kWidth = Width;
  static constexpr bool kAlongDepth = true;
  const T* tensor;
  PatchGeometry geometry;

  struct Line {
    std::uint32_t image;
    std::int32_t h, w;  ///< what tap (0, 0) reads
  };
  __device__ __forceinline__ Line line(std::uint32_t pixel) const {
    constexpr std::int32_t kOutside = INT32_MIN / 2;
    if (pixel >= geometry.pixels) return {0, kOutside, kOutside};
    Line at;
    geometry.split_pixel(pixel, at.image, at.h, at.w);
    return at;
  }
  __device__ __forceinline__ Source<T> source(const Line& at, std::uint32_t d) const {
    std::int32_t h, w;
    std::uint32_t channel;
    geometry.split_depth(d, h, w, channel);
    return geometry.element(tensor, at.image, at.h + h, at.w + w, channel, d >= geometry.depth);
  }
};

/// Lines are (tap, channel), the depth is output pixels: the transpose of PatchLines.
template <class T, int Width>
struct PatchColumns {
  static constexpr int kWidth = Width;
  static constexpr bool kAlongDepth = false;
  const T* tensor;
  PatchGeometry geometry;

  struct Line {
    std::int32_t h, w;
    std::uint32_t channel;
  };
  __device__ __forceinline__ Line line(std::uint32_t i) const {
    constexpr std::int32_t kOutside = INT32_MIN / 2;
    if (i >= geometry.depth) return {kOutside, kOutside, 0};
    Line at;
    geometry.split_depth(i, at.h, at.w, at.channel);
    return at;
  }
  __device__ __forceinline__ Source<T> source(const Line& at, std::uint32_t pixel) const {
    std::uint32_t image;
    std::int32_t h, w;
    geometry.split_pixel(pixel, image, h, w);
    return geometry.element(tensor, image, h + at.h, w + at.w, at.channel, pixel >= geometry.pixels);
  }
};

/// The epilogue that only stores: into a row-major matrix, overwritten or added to.
template <class T>
struct StoreMatrix {
  T* at;
  std::uint32_t rows, columns;
  bool whole_groups;  ///< four columns can be stored as one
  bool accumulate;

  __device__ __forceinline__ T* row(std::uint32_t i) const {
    return i < rows ? at + static_cast<std::size_t>(i) * columns : nullptr;
  }
  __device__ __forceinline__ void put(T* to, std::uint32_t column, const Floats<4>& sum) const {
    if (column >= columns) return;
    to += column;
    if (whole_groups) {
      Floats<4> result = accumulate ? load<4>(to) : Floats<4>{};
#pragma unroll
      for (int e = 0; e < 4; ++e) result.value[e] += sum.value[e];
      store(to, result);
      return;
    }
#pragma unroll
    for (std::uint32_t e = 0; e < 4; ++e)
      if (column + e < columns) store(to + e, Floats<1>{(accumulate ? load<1>(to + e).value[0] : 0.0f) + sum.value[e]});
  }
};

}  // namespace gan
