// conv fprop: y(N, P, Q, K) = x(N, H, W, C) * w(K, R, S, C)
//
//   y[n,p,q,k] = sum over r, s, c of x[n, p stride_h - pad_h + r, q stride_w - pad_w + s, c] w[k,r,s,c]
//
// As a matrix product (implicit_gemm.cuh): rows N P Q, columns K, depth R S C. Both operands are contiguous along the
// depth (channels), read four at a time where 4 divides C.
// Traffic: at best |x| + |w| + |y| of memory; from L2 and L1, x is read about R S / (stride_h stride_w) *
//   K / tile columns times, and w once for each tile of rows.
// Launch: a block of 128 or 256 threads for each tile; tiles as choose_gemm_tile() says.
// Determinism: every sum runs in one thread, in the order (r, s, c).
#include "kernels/conv/conv.h"
#include "kernels/conv/conv_loaders.cuh"
#include "kernels/conv/implicit_gemm.cuh"
#include "kernels/core/cuda/cuda_device.h"

namespace gan {

namespace {

template <class T, int Width>
struct Fprop {
  PatchLines<T, Width> x;
  MatrixLines<T, Width> w;
  StoreMatrix<T> y;
};

template <class Tile, class T, int Width>
__global__ void __launch_bounds__(Tile::kThreads, Tile::blocks(Width)) conv_fprop_kernel(Fprop<T, Width> op) {
  const TilePlace<Tile> tile(blockIdx.x, op.y.columns);
  compute_tile<Tile>(op.x, op.w, op.y, tile.first_row, tile.first_column, 0, op.w.depth);
}

template <class Tile, class T, int Width>
void start(const ConvFprop& op, const PatchGeometry& geometry, CudaDevice& device) {
  const Fprop<T, Width> product = {
      .x = {op.x.as<const T>(), geometry},
      .w = {op.w.as<const T>(), static_cast<std::uint32_t>(op.shape.k), geometry.depth},
      .y = {.at = op.y.as<T>(),
            .rows = geometry.pixels,
            .columns = static_cast<std::uint32_t>(op.shape.k),
            .whole_groups = vector_width(op.shape.k, op.y.as<T>()) == 4,
            .accumulate = false},
  };
  const auto blocks = static_cast<unsigned>(gemm_tile_count(Tile::kKind, geometry.pixels, op.shape.k));
  launch(conv_fprop_kernel<Tile, T, Width>, {.grid = {blocks}, .block = {Tile::kThreads}}, device.stream(), product);
}

}  // namespace

void run(const ConvFprop& op, CudaDevice& device) {
  const PatchGeometry geometry = patch_geometry(op.shape);
  with_storage(op.kName, op.x.dtype, [&](auto storage) {
    using T = decltype(storage);
    const int width = vector_width(op.shape.c, op.x.as<T>(), op.w.as<T>());
    dispatch_tile(choose_gemm_tile(geometry.pixels, op.shape.k, 1), [&](auto tile) {
      using Tile = decltype(tile);
      if (width == 4) start<Tile, T, 4>(op, geometry, device);
      else start<Tile, T, 1>(op, geometry, device);
    });
  });
}

}  // namespace gan
