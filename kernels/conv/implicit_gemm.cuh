// The matrix product that all three convolutions are: out(row, column) = sum over depth of a(row, depth) b(depth,
// column), where a and b are views into the tensors, never built in memory ("implicit GEMM"). fp32 multiply-adds.
//
//   A block computes one tile. Strips of both operands, 8 terms deep, go from global memory through registers into two
//   shared buffers used in turn: while one is multiplied the next is on its way, and one barrier a strip suffices.
//   Every thread owns a patch of the tile in registers, cut into 4 x 4 pieces that lie apart, so that the 128-bit reads
//   of a quarter warp from shared memory hit distinct banks. Rows in shared memory are padded by 4: a strip that
//   arrives along the depth is transposed on the way in, and the padding spreads those stores over the banks.
//
//   Which elements a strip holds is up to loaders (conv_loaders.cuh), where results go is up to a store. A tensor-core
//   product over the same loaders and stores can stand beside this one.
//
// Traffic: (rows * tiles across + columns * tiles down) * depth floats from L2, 8 rows * columns bytes of a tile per
// 2 * rows * columns operations from shared memory. Determinism: a sum runs over the depth in order, in one thread.
#pragma once

#include <cstdint>

#include "kernels/conv/gemm_tile.h"
#include "kernels/core/cuda/launch.cuh"

namespace gan {

/// The extents of a tile and of the patch that a thread owns in it. `Blocks` of them shall fit on a multiprocessor at a
/// time, which bounds the registers.
template <GemmTile Kind, int PatchRows, int PatchColumns, int Blocks>
struct TileShape {
  static constexpr GemmTile kKind = Kind;
  static constexpr int kRows = static_cast<int>(gemm_tile_rows(Kind));
  static constexpr int kColumns = static_cast<int>(gemm_tile_columns(Kind));
  static constexpr int kPatchRows = PatchRows, kPatchColumns = PatchColumns;
  static constexpr int kThreadsAcross = kColumns / PatchColumns;
  static constexpr int kThreadsDown = kRows / PatchRows;
  static constexpr int kThreads = kThreadsAcross * kThreadsDown;
  /// Blocks on a multiprocessor: half as many if an operand comes in single floats, whose bookkeeping takes registers.
  static constexpr int blocks(int width) { return width == 4 ? Blocks : Blocks / 2; }
  static_assert(PatchRows % 4 == 0 && PatchColumns % 4 == 0, "patches consist of 4 x 4 pieces");
  static_assert(kThreads % 32 == 0 && kThreads <= 1024, "whole warps");
};
using LargeTile = TileShape<GemmTile::Large, 8, 8, 2>;
using MediumTile = TileShape<GemmTile::Medium, 8, 4, 4>;
using ThinTile = TileShape<GemmTile::Thin, 8, 4, 4>;
using NarrowTile = TileShape<GemmTile::Narrow, 4, 4, 4>;

/// Calls body(Tile{}) with the TileShape that `kind` stands for.
template <class Body>
void dispatch_tile(GemmTile kind, const Body& body) {
  switch (kind) {
    case GemmTile::Large: return body(LargeTile{});
    case GemmTile::Medium: return body(MediumTile{});
    case GemmTile::Thin: return body(ThinTile{});
    case GemmTile::Narrow: return body(NarrowTile{});
  }
}

/// Four or one floats, moved as one.
template <int Width>
struct Floats {
  float value[Width];
};

template <int Width>
__device__ __forceinline__ Floats<Width> load_floats(const float* at) {
  if constexpr (Width == 4) {
    const float4 four = __ldg(reinterpret_cast<const float4*>(at));
    return {{four.x, four.y, four.z, four.w}};
  } else {
    return {{__ldg(at)}};
  }
}

/// One operand's way from global memory through registers to shared memory: `Extent` lines (rows or columns of the
/// tile), kGemmTileDepth terms of each. Neighbouring threads take neighbouring pieces of Loader::kWidth floats in the
/// direction in which the loader's memory is contiguous.
template <class Loader, int Extent, int Threads>
class Strip {
 public:
  static constexpr int kPitch = Extent + 4;  ///< floats from one term to the next in shared memory

  /// Prepares this thread for the lines `first_line` and on.
  __device__ __forceinline__ Strip(const Loader& loader, std::uint32_t first_line) {
#pragma unroll
    for (int i = 0; i < kLines; ++i) lines_[i] = loader.line(first_line + static_cast<std::uint32_t>(line_of(i)));
  }

  /// Starts the loads of the terms `first_depth` and on.
  __device__ __forceinline__ void fetch(const Loader& loader, std::uint32_t first_depth) {
#pragma unroll
    for (int i = 0; i < kPieces; ++i)
      if (is_mine(i))
        staged_[i] = loader.load(lines_[i % kLines], first_depth + static_cast<std::uint32_t>(depth_of(i)));
  }

  /// Puts what was fetched into shared memory, (term, line).
  __device__ __forceinline__ void put(float* shared) const {
#pragma unroll
    for (int i = 0; i < kPieces; ++i) {
      if (!is_mine(i)) continue;
      float* to = shared + depth_of(i) * kPitch + line_of(i);
      if constexpr (Loader::kAlongDepth) {
#pragma unroll
        for (int e = 0; e < kWidth; ++e) to[e * kPitch] = staged_[i].value[e];
      } else if constexpr (kWidth == 4) {
        const auto& v = staged_[i].value;
        *reinterpret_cast<float4*>(to) = make_float4(v[0], v[1], v[2], v[3]);
      } else {
        *to = staged_[i].value[0];
      }
    }
  }

 private:
  static constexpr int kWidth = Loader::kWidth;
  static constexpr int kAllPieces = Extent * kGemmTileDepth / kWidth;
  static constexpr int kPieces = (kAllPieces + Threads - 1) / Threads;  ///< of a thread
  static constexpr int kPiecesAcross = Loader::kAlongDepth ? kGemmTileDepth / kWidth : Extent / kWidth;
  /// Distinct lines of a thread: along the depth every piece is on a line of its own, else they repeat.
  static constexpr int kLines = Loader::kAlongDepth ? kPieces : (kPiecesAcross > Threads ? kPiecesAcross / Threads : 1);
  static_assert(Loader::kAlongDepth || kPiecesAcross % Threads == 0 || Threads % kPiecesAcross == 0);

  __device__ static int piece_of(int i) { return static_cast<int>(threadIdx.x) + i * Threads; }
  __device__ static bool is_mine(int i) { return kAllPieces % Threads == 0 || piece_of(i) < kAllPieces; }
  __device__ static int line_of(int i) {
    return Loader::kAlongDepth ? piece_of(i) / kPiecesAcross : piece_of(i) % kPiecesAcross * kWidth;
  }
  __device__ static int depth_of(int i) {
    return Loader::kAlongDepth ? piece_of(i) % kPiecesAcross * kWidth : piece_of(i) / kPiecesAcross;
  }

  typename Loader::Line lines_[kLines];
  Floats<kWidth> staged_[kPieces] = {};
};

/// Where this thread's 4 x 4 pieces lie in the tile: a warp covers up to 8 threads across, so that it reads few
/// distinct floats of either operand.
template <class Tile>
struct Patch {
  static constexpr int kWarpAcross = Tile::kThreadsAcross < 8 ? Tile::kThreadsAcross : 8;
  static constexpr int kWarpDown = 32 / kWarpAcross;
  static constexpr int kWarpsAcross = Tile::kThreadsAcross / kWarpAcross;
  static constexpr int kPiecesDown = Tile::kPatchRows / 4, kPiecesAcross = Tile::kPatchColumns / 4;

  int row, column;  ///< of the first piece
  __device__ __forceinline__ Patch() {
    const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
    row = (warp / kWarpsAcross * kWarpDown + lane / kWarpAcross) * 4;
    column = (warp % kWarpsAcross * kWarpAcross + lane % kWarpAcross) * 4;
  }
  __device__ __forceinline__ int piece_row(int i) const { return row + i * (Tile::kRows / kPiecesDown); }
  __device__ __forceinline__ int piece_column(int j) const { return column + j * (Tile::kColumns / kPiecesAcross); }
};

/// sum += one strip of a times one strip of b, from shared memory.
template <class Tile>
__device__ __forceinline__ void multiply_strip(const Patch<Tile>& patch, const float* a, int pitch_a, const float* b,
                                               int pitch_b, float (&sum)[Tile::kPatchRows][Tile::kPatchColumns]) {
#pragma unroll
  for (int depth = 0; depth < kGemmTileDepth; ++depth) {
    float4 rows[Patch<Tile>::kPiecesDown], columns[Patch<Tile>::kPiecesAcross];
#pragma unroll
    for (int i = 0; i < Patch<Tile>::kPiecesDown; ++i)
      rows[i] = *reinterpret_cast<const float4*>(a + depth * pitch_a + patch.piece_row(i));
#pragma unroll
    for (int j = 0; j < Patch<Tile>::kPiecesAcross; ++j)
      columns[j] = *reinterpret_cast<const float4*>(b + depth * pitch_b + patch.piece_column(j));
#pragma unroll
    for (int i = 0; i < Patch<Tile>::kPiecesDown; ++i) {
      const float row[4] = {rows[i].x, rows[i].y, rows[i].z, rows[i].w};
#pragma unroll
      for (int e = 0; e < 4; ++e)
#pragma unroll
        for (int j = 0; j < Patch<Tile>::kPiecesAcross; ++j) {
          float* to = &sum[i * 4 + e][j * 4];
          to[0] += row[e] * columns[j].x;
          to[1] += row[e] * columns[j].y;
          to[2] += row[e] * columns[j].z;
          to[3] += row[e] * columns[j].w;
        }
    }
  }
}

/// Computes the tile at (first_row, first_column), summing the terms from depth_begin up to depth_end; the loaders
/// return 0 for what lies outside the matrices. All threads of the block take part. An empty sum stores zeros.
template <class Tile, class RowLoader, class ColumnLoader, class Store>
__device__ __forceinline__ void compute_tile(const RowLoader& a, const ColumnLoader& b, const Store& store,
                                             std::uint32_t first_row, std::uint32_t first_column,
                                             std::uint32_t depth_begin, std::uint32_t depth_end) {
  using RowStrip = Strip<RowLoader, Tile::kRows, Tile::kThreads>;
  using ColumnStrip = Strip<ColumnLoader, Tile::kColumns, Tile::kThreads>;
  GAN_SHARED(float4, shared_a, [2][kGemmTileDepth * RowStrip::kPitch / 4]);
  GAN_SHARED(float4, shared_b, [2][kGemmTileDepth * ColumnStrip::kPitch / 4]);
  const auto buffer_a = [&](int which) { return reinterpret_cast<float*>(shared_a[which]); };
  const auto buffer_b = [&](int which) { return reinterpret_cast<float*>(shared_b[which]); };

  RowStrip strip_a(a, first_row);
  ColumnStrip strip_b(b, first_column);
  const Patch<Tile> patch;
  float sum[Tile::kPatchRows][Tile::kPatchColumns] = {};
  strip_a.fetch(a, depth_begin);
  strip_b.fetch(b, depth_begin);
  int current = 0;
  for (std::uint32_t depth = depth_begin; depth < depth_end; depth += kGemmTileDepth) {
    // Nobody reads this buffer any more: its readers, one strip before the last, have passed the barrier since.
    strip_a.put(buffer_a(current));
    strip_b.put(buffer_b(current));
    __syncthreads();
    strip_a.fetch(a, depth + kGemmTileDepth);
    strip_b.fetch(b, depth + kGemmTileDepth);
    multiply_strip<Tile>(patch, buffer_a(current), RowStrip::kPitch, buffer_b(current), ColumnStrip::kPitch, sum);
    current ^= 1;
  }

#pragma unroll
  for (int row = 0; row < Tile::kPatchRows; ++row) {
    float* to = store.row(first_row + static_cast<std::uint32_t>(patch.piece_row(row / 4) + row % 4));
    if (to == nullptr) continue;
#pragma unroll
    for (int j = 0; j < Patch<Tile>::kPiecesAcross; ++j)
      store.put(to, first_column + static_cast<std::uint32_t>(patch.piece_column(j)), &sum[row][j * 4]);
  }
}

/// Which tile a block computes: column tiles follow each other first, since they share the (larger) row operand in L2.
template <class Tile>
struct TilePlace {
  std::uint32_t first_row, first_column;
  __device__ __forceinline__ TilePlace(std::uint32_t tile, std::uint32_t columns) {
    const std::uint32_t tiles_across = (columns + Tile::kColumns - 1) / Tile::kColumns;
    first_row = tile / tiles_across * Tile::kRows;
    first_column = tile % tiles_across * Tile::kColumns;
  }
};

}  // namespace gan
