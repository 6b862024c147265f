// conv wgrad: dw(K, R, S, C) (=, +=) the gradient of <dy, conv(x, w)> by w
//
//   dw[k,r,s,c] = sum over n, p, q of dy[n,p,q,k] x[n, p stride_h - pad_h + r, q stride_w - pad_w + s, c]
//
// As a matrix product (implicit_gemm.cuh): rows K, columns R S C, depth N P Q. Both operands are contiguous across the
// depth (channels), read four at a time where 4 divides K or C. The sum is long and the result small, so the depth is cut
// into parts (wgrad_split.h): each part leaves its own (K, R S C) in the workspace, a second kernel adds them up.
// Traffic: at best |x| + |dy| + |dw| of memory, and 2 parts |dw| for the partial results, which mostly stay
// in L2. Launch: grid (tiles, parts) of 128 or 256 threads; then blocks of 32 elements x 8 threads for the sum of the
// parts. Determinism: parts are cut by the shape alone and added in a fixed order; no atomics.
// report: conv_wgrad_kernel uncoalesced: where C is 3, a row of the filter is 12 floats of x, which straddle sectors
#include "kernels/conv/conv.h"
#include "kernels/conv/conv_loaders.cuh"
#include "kernels/conv/implicit_gemm.cuh"
#include "kernels/conv/wgrad_split.h"
#include "kernels/core/cuda/cuda_device.h"

namespace gan {

namespace {

template <class T, int WidthK, int WidthC>
struct Wgrad {
  MatrixColumns<T, WidthK> dy;
  PatchColumns<T, WidthC> x;
  StoreMatrix<float> dw;  ///< of the first part, the others follow
  std::uint32_t part_depth;
};

template <class Tile, class T, int WidthK, int WidthC>
__global__ void __launch_bounds__(Tile::kThreads, Tile::blocks(WidthK < WidthC ? WidthK : WidthC))
    conv_wgrad_kernel(Wgrad<T, WidthK, WidthC> op) {
  const TilePlace<Tile> tile(blockIdx.x, op.dw.columns);
  op.dw.at += static_cast<std::size_t>(blockIdx.y) * op.dw.rows * op.dw.columns;
  const std::uint32_t begin = blockIdx.y * op.part_depth;
  const std::uint32_t end = min(begin + op.part_depth, op.dy.depth);
  compute_tile<Tile>(op.dy, op.x, op.dw, tile.first_row, tile.first_column, begin, end);
}

constexpr int kElements = 32, kLanes = 8;  // of a block that adds parts up

/// dw[i] (=, +=) the sum over parts of partial[part, i]: lane l adds parts l, l + 8, ..., then lanes are added in
/// order.
__global__ void __launch_bounds__(kElements* kLanes)
    add_parts_kernel(const float* partial, std::uint32_t count, std::uint32_t parts, float* dw, bool accumulate) {
  GAN_SHARED(float, lanes, [kLanes][kElements]);
  const std::uint32_t i = blockIdx.x * kElements + threadIdx.x;
  float sum = 0;
  if (i < count) {
#pragma unroll 4
    for (std::uint32_t part = threadIdx.y; part < parts; part += kLanes)
      sum += __ldg(partial + static_cast<std::size_t>(part) * count + i);
  }
  lanes[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y != 0 || i >= count) return;
  for (int lane = 1; lane < kLanes; ++lane) sum += lanes[lane][threadIdx.x];
  dw[i] = accumulate ? dw[i] + sum : sum;
}

template <class Tile, class T, int WidthK, int WidthC>
void start(const ConvWgrad& op, const PatchGeometry& geometry, const WgradSplit& split, CudaDevice& device) {
  const bool direct = split.parts == 1;
  float* result = direct ? op.dw.as<float>() : op.workspace.as<float>();
  const Wgrad<T, WidthK, WidthC> product = {
      .dy = {op.dy.as<const T>(), static_cast<std::uint32_t>(op.shape.k), geometry.pixels},
      .x = {op.x.as<const T>(), geometry},
      .dw = {.at = result,
             .rows = static_cast<std::uint32_t>(op.shape.k),
             .columns = geometry.depth,
             .whole_groups = vector_width(geometry.depth, result) == 4,
             .accumulate = direct && op.mode == ParamGrad::Accumulate},
      .part_depth = static_cast<std::uint32_t>(split.part_depth),
  };
  const auto tiles = static_cast<unsigned>(gemm_tile_count(Tile::kKind, op.shape.k, geometry.depth));
  launch(conv_wgrad_kernel<Tile, T, WidthK, WidthC>,
         {.grid = {tiles, static_cast<unsigned>(split.parts)}, .block = {Tile::kThreads}}, device.stream(), product);
}

}  // namespace

void run(const ConvWgrad& op, CudaDevice& device) {
  if (op.mode == ParamGrad::Skip) return;
  const PatchGeometry geometry = patch_geometry(op.shape);
  const WgradSplit split = wgrad_split(op.shape);
  with_storage(op.kName, op.x.dtype, [&](auto storage) {
    using T = decltype(storage);
    const int width_k = vector_width(op.shape.k, op.dy.as<T>()), width_c = vector_width(op.shape.c, op.x.as<T>());
    dispatch_tile(split.tile, [&](auto tile) {
      using Tile = decltype(tile);
      if (width_k == 4 && width_c == 4) start<Tile, T, 4, 4>(op, geometry, split, device);
      else if (width_k == 4) start<Tile, T, 4, 1>(op, geometry, split, device);
      else start<Tile, T, 1, 1>(op, geometry, split, device);
    });
  });
  if (split.parts == 1) return;
  const auto count = static_cast<std::uint32_t>(op.dw.count());
  launch(add_parts_kernel, {.grid = {(count + kElements - 1) / kElements}, .block = {kElements, kLanes}},
         device.stream(), op.workspace.as<const float>(), count, static_cast<std::uint32_t>(split.parts),
         op.dw.as<float>(), op.mode == ParamGrad::Accumulate);
}

}  // namespace gan
