// The matrix product that all three convolutions are: out(row, column) = sum over depth of a(row, depth) b(depth,
// column), where a and b are views into the tensors, never built in memory ("implicit GEMM"). fp32 multiply-adds.
//
//   A block computes one tile. Strips of both operands, a few terms deep, go from global memory through registers into two
//   shared buffers used in turn: while one is multiplied the next is on its way, and one barrier a strip suffices.
//   Every thread owns a share of the tile in registers, cut into 4 x 4 pieces that lie apart, so that the 128-bit reads
//   of a quarter warp from shared memory hit distinct banks. Rows in shared memory are padded by 4: a strip that
//   arrives along the depth is transposed on the way in, and the padding spreads those stores over the banks.
//
//   Which elements a strip holds is up to loaders (conv_loaders.cuh), what becomes of the sums is up to an epilogue. A
//   tensor-core product over the same loaders and epilogues can stand beside this one.
//
// Traffic: (rows * tiles across + columns * tiles down) * depth floats from L2, 8 rows * columns bytes of a tile per
// 2 * rows * columns operations from shared memory. Determinism: a sum runs over the depth in order, in one thread.
#pragma once

#include <cstdint>

#include "kernels/conv/gemm_tile.h"
#include "kernels/core/cuda/storage.cuh"

namespace gan {

/// The extents of a tile and of the share of it that a thread owns. `Blocks` of them shall fit on a multiprocessor at a
/// time, which bounds the registers.
template <GemmTile Kind, int ThreadRows, int ThreadColumns, int Blocks>
struct TileShape {
  static constexpr GemmTile kKind = Kind;
  static constexpr int kRows = static_cast<int>(gemm_tile_rows(Kind));
  static constexpr int kColumns = static_cast<int>(gemm_tile_columns(Kind));
  static constexpr int kDepth = static_cast<int>(gemm_tile_depth(Kind));
  static constexpr int kThreadRows = ThreadRows, kThreadColumns = ThreadColumns;
  static constexpr int kThreadsAcross = kColumns / ThreadColumns;
  static constexpr int kThreadsDown = kRows / ThreadRows;
  static constexpr int kThreads = kThreadsAcross * kThreadsDown;
  /// Blocks on a multiprocessor: fewer if an operand comes in single elements, whose bookkeeping takes registers.
  static constexpr int blocks(int width) { return width == 4 ? Blocks : Blocks * 3 / 4; }
  static_assert(ThreadRows % 4 == 0 && ThreadColumns % 4 == 0, "a thread's share consists of 4 x 4 pieces");
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

/// Where a loader's next elements are, so that they can be loaded, or copied past the registers. What is not valid counts
/// as zeros; `at` is the tensor's start then.
template <class T>
struct Source {
  const T* at;
  bool valid;
  __device__ __forceinline__ Source(const T* tensor, std::size_t offset, bool is_valid)
      : at(tensor + (is_valid ? offset : 0)), valid(is_valid) {}
};

/// One operand's way from global memory through registers to shared memory: `Extent` lines (rows or columns of the
/// tile), `Depth` terms of each. Neighbouring threads take neighbouring pieces of Loader::kWidth elements in the
/// direction in which the loader's memory is contiguous.
template <class Loader, int Extent, int Depth, int Threads>
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
      if (is_mine(i)) {
        const auto from = loader.source(lines_[i % kLines], first_depth + static_cast<std::uint32_t>(depth_of(i)));
        staged_[i] = from.valid ? load_read_only<kWidth>(from.at) : Floats<kWidth>{};
      }
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
  static constexpr int kAllPieces = Extent * Depth / kWidth;
  static constexpr int kPieces = (kAllPieces + Threads - 1) / Threads;  ///< of a thread
  static constexpr int kPiecesAcross = Loader::kAlongDepth ? Depth / kWidth : Extent / kWidth;
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
struct ThreadTile {
  static constexpr int kWarpAcross = Tile::kThreadsAcross < 8 ? Tile::kThreadsAcross : 8;
  static constexpr int kWarpDown = 32 / kWarpAcross;
  static constexpr int kWarpsAcross = Tile::kThreadsAcross / kWarpAcross;
  static constexpr int kPiecesDown = Tile::kThreadRows / 4, kPiecesAcross = Tile::kThreadColumns / 4;

  int row, column;  ///< of the first piece
  __device__ __forceinline__ ThreadTile() {
    const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
    row = (warp / kWarpsAcross * kWarpDown + lane / kWarpAcross) * 4;
    column = (warp % kWarpsAcross * kWarpAcross + lane % kWarpAcross) * 4;
  }
  __device__ __forceinline__ int piece_row(int i) const { return row + i * (Tile::kRows / kPiecesDown); }
  __device__ __forceinline__ int piece_column(int j) const { return column + j * (Tile::kColumns / kPiecesAcross); }
};

/// sum += one strip of a times one strip of b, from shared memory.
template <class Tile>
__device__ __forceinline__ void multiply_strip(const ThreadTile<Tile>& mine, const float* a, int pitch_a,
                                               const float* b, int pitch_b,
                                               float (&sum)[Tile::kThreadRows][Tile::kThreadColumns]) {
#pragma unroll
  for (int depth = 0; depth < Tile::kDepth; ++depth) {
    float4 rows[ThreadTile<Tile>::kPiecesDown], columns[ThreadTile<Tile>::kPiecesAcross];
#pragma unroll
    for (int i = 0; i < ThreadTile<Tile>::kPiecesDown; ++i)
      rows[i] = *reinterpret_cast<const float4*>(a + depth * pitch_a + mine.piece_row(i));
#pragma unroll
    for (int j = 0; j < ThreadTile<Tile>::kPiecesAcross; ++j)
      columns[j] = *reinterpret_cast<const float4*>(b + depth * pitch_b + mine.piece_column(j));
#pragma unroll
    for (int i = 0; i < ThreadTile<Tile>::kPiecesDown; ++i) {
      const float row[4] = {rows[i].x, rows[i].y, rows[i].z, rows[i].w};
#pragma unroll
      for (int e = 0; e < 4; ++e)
#pragma unroll
        for (int j = 0; j < ThreadTile<Tile>::kPiecesAcross; ++j) {
          float* to = &sum[i * 4 + e][j * 4];
          to[0] += row[e] * columns[j].x;
          to[1] += row[e] * columns[j].y;
          to[2] += row[e] * columns[j].z;
          to[3] += row[e] * columns[j].w;
        }
    }
  }
}

/// Computes the tile at (first_row, first_column), summing the terms from depth_begin up to depth_end; what loaders call
/// invalid counts as 0. All threads of the block take part. An empty sum is 0.
///
/// The epilogue takes the finished sums from the registers; what is to be done to them before they are memory (a bias, an
/// activation, statistics of their columns) belongs there:
///   row(i)               where row i of the result goes, or null for what is no row of it
///   put(to, column, sum) four sums, of the columns `column` to `column + 3`, some of which may lie outside
template <class Tile, class RowLoader, class ColumnLoader, class Epilogue>
__device__ __forceinline__ void compute_tile(const RowLoader& a, const ColumnLoader& b, const Epilogue& epilogue,
                                             std::uint32_t first_row, std::uint32_t first_column,
                                             std::uint32_t depth_begin, std::uint32_t depth_end) {
  using RowStrip = Strip<RowLoader, Tile::kRows, Tile::kDepth, Tile::kThreads>;
  using ColumnStrip = Strip<ColumnLoader, Tile::kColumns, Tile::kDepth, Tile::kThreads>;
  GAN_SHARED(float4, shared_a, [2][Tile::kDepth * RowStrip::kPitch / 4]);
  GAN_SHARED(float4, shared_b, [2][Tile::kDepth * ColumnStrip::kPitch / 4]);
  const auto buffer_a = [&](int which) { return reinterpret_cast<float*>(shared_a[which]); };
  const auto buffer_b = [&](int which) { return reinterpret_cast<float*>(shared_b[which]); };

  RowStrip strip_a(a, first_row);
  ColumnStrip strip_b(b, first_column);
  const ThreadTile<Tile> mine;
  float sum[Tile::kThreadRows][Tile::kThreadColumns] = {};
  strip_a.fetch(a, depth_begin);
  strip_b.fetch(b, depth_begin);
  int current = 0;
  for (std::uint32_t depth = depth_begin; depth < depth_end; depth += Tile::kDepth) {
    // Nobody reads this buffer any more: its readers, one strip before the last, have passed the barrier since.
    strip_a.put(buffer_a(current));
    strip_b.put(buffer_b(current));
    __syncthreads();
    strip_a.fetch(a, depth + Tile::kDepth);
    strip_b.fetch(b, depth + Tile::kDepth);
    multiply_strip<Tile>(mine, buffer_a(current), RowStrip::kPitch, buffer_b(current), ColumnStrip::kPitch, sum);
    current ^= 1;
  }

#pragma unroll
  for (int row = 0; row < Tile::kThreadRows; ++row) {
    auto* to = epilogue.row(first_row + static_cast<std::uint32_t>(mine.piece_row(row / 4) + row % 4));
    if (to == nullptr) continue;
#pragma unroll
    for (int j = 0; j < ThreadTile<Tile>::kPiecesAcross; ++j) {
      const float* four = &sum[row][j * 4];
      epilogue.put(to, first_column + static_cast<std::uint32_t>(mine.piece_column(j)),
                   Floats<4>{four[0], four[1], four[2], four[3]});
    }
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
