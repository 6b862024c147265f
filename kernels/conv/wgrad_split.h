// How the weight gradient is cut into tiles and parts: the kernel and whoever plans its workspace must agree.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/conv/conv.h"
#include "kernels/conv/gemm_tile.h"

namespace gan {

/// dw is a matrix product with K rows, R S C columns and a sum of N P Q terms, which is usually far longer than the
/// result is large. The sum is therefore cut into `parts` ranges of `part_depth` terms (the last one may be shorter).
struct WgradSplit {
  GemmTile tile;
  std::int64_t parts = 1;
  std::int64_t part_depth = 0;
};

/// Cuts so that the blocks are about two for each multiprocessor, but no part is shorter
/// than the traffic of its partial result justifies. Depends on the shape alone: the same sums on every device.
inline WgradSplit wgrad_split(const ConvShape& shape) {
  constexpr std::int64_t kBlocksWanted = std::int64_t{2} * kMultiprocessors, kShortestPart = 256, kMostParts = 1024;
  const std::int64_t rows = shape.k, columns = shape.r * shape.s * shape.c, depth = shape.n * shape.p() * shape.q();
  const GemmTile tile = choose_gemm_tile(rows, columns, /*batches=*/kBlocksWanted);
  const std::int64_t tiles = gemm_tile_count(tile, rows, columns);
  const std::int64_t wanted = std::min((kBlocksWanted + tiles - 1) / tiles, kMostParts);
  const std::int64_t parts = std::clamp<std::int64_t>(depth / kShortestPart, 1, wanted);
  const std::int64_t step = gemm_tile_depth(tile), steps = (depth + step - 1) / step;
  const std::int64_t part_depth = (steps + parts - 1) / parts * step;
  return {.tile = tile, .parts = (depth + part_depth - 1) / part_depth, .part_depth = part_depth};
}

}  // namespace gan
