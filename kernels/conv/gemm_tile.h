// Which tile of the result one block of the implicit matrix product computes.
#pragma once

#include <cstdint>

#include "kernels/core/cuda/multiprocessors.h"

namespace gan {

/// Rows x columns of the result per block.
enum class GemmTile {
  Large,   ///< 128 x 128, 256 threads of 8 x 8: the most arithmetic per byte from shared memory
  Medium,  ///< 64 x 64, 128 threads of 8 x 4: when large tiles would leave multiprocessors idle
  Thin,    ///< 128 x 32, 128 threads of 8 x 4: up to 32 columns
  Narrow,  ///< 256 x 8, 128 threads of 4 x 4: images of 1 or 3 channels
};

/// Height of a tile.
constexpr std::int64_t gemm_tile_rows(GemmTile tile) {
  switch (tile) {
    case GemmTile::Large: return 128;
    case GemmTile::Medium: return 64;
    case GemmTile::Thin: return 128;
    case GemmTile::Narrow: return 256;
  }
  return 0;
}

/// Width of a tile.
constexpr std::int64_t gemm_tile_columns(GemmTile tile) {
  switch (tile) {
    case GemmTile::Large: return 128;
    case GemmTile::Medium: return 64;
    case GemmTile::Thin: return 32;
    case GemmTile::Narrow: return 8;
  }
  return 0;
}

/// Terms of the sum that pass through shared memory at a time.
constexpr std::int64_t gemm_tile_depth(GemmTile) { return 8; }

/// Tiles that cover a result of rows x columns.
constexpr std::int64_t gemm_tile_count(GemmTile tile, std::int64_t rows, std::int64_t columns) {
  return ((rows + gemm_tile_rows(tile) - 1) / gemm_tile_rows(tile)) *
         ((columns + gemm_tile_columns(tile) - 1) / gemm_tile_columns(tile));
}

/// The tile for `batches` independent products of rows x columns. A device-independent rule: large tiles when they make
/// most of a wave of blocks, one a multiprocessor, and are not mostly empty, else smaller ones.
constexpr GemmTile choose_gemm_tile(std::int64_t rows, std::int64_t columns, std::int64_t batches) {
  constexpr std::int64_t kMostOfAWave = kMultiprocessors * 3 / 4;
  if (columns <= gemm_tile_columns(GemmTile::Narrow)) return GemmTile::Narrow;
  if (columns <= gemm_tile_columns(GemmTile::Thin)) return GemmTile::Thin;
  const bool fills = rows > 64 && columns > 64;
  const bool enough = gemm_tile_count(GemmTile::Large, rows, columns) * batches >= kMostOfAWave;
  return fills && enough ? GemmTile::Large : GemmTile::Medium;
}

}  // namespace gan
