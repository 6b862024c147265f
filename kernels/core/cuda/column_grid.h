// How a grid of CUDA blocks covers a (rows, channels) matrix whose channels are contiguous.
//
// A block owns a tile of at most 32 columns (a column: `vector` neighbouring channels) and a slice of the rows. Its
// threads are numbered across the tile first, then down the rows, so that a warp reads whole rows of the tile: with 32
// columns of float4 that is 512 consecutive bytes, and with few columns (C = 1, C = 3) consecutive rows follow each
// other without a gap. The grid depends on nothing but the shape: results are the same on every card.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/core/cuda/multiprocessors.h"

namespace gan {

/// The grid over one matrix; column_grid() makes it.
struct ColumnGrid {
  static constexpr int kThreads = 256;    ///< of a block
  static constexpr int kMaxColumns = 32;  ///< of a tile

  std::int64_t rows = 0;
  std::int64_t channels = 0;
  std::int64_t slice_rows = 0;  ///< rows of a slice; the last may have fewer
  int columns = 0;              ///< channels / vector
  int lanes = 0;                ///< columns of a tile; the last may have fewer
  int row_lanes = 0;            ///< rows that a block reads at a time: kThreads / lanes; threads beyond are idle
  int tiles = 0;                ///< gridDim.x
  int slices = 0;               ///< gridDim.y
};

/// Covers (rows, channels), with at least 1 channel, in columns of `vector` (1 or 4) channels; 4 divides `channels`
/// then. A thread gets at least `thread_rows` rows where there are so many, and there are about `blocks` blocks at
/// most.
inline ColumnGrid column_grid(std::int64_t rows, std::int64_t channels, int vector, int thread_rows, int blocks) {
  constexpr std::int64_t kMaxSlices = 65535;  // CUDA's limit of gridDim.y
  const auto divide_up = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
  ColumnGrid grid{.rows = rows, .channels = channels};
  grid.columns = static_cast<int>(channels / vector);
  grid.tiles = static_cast<int>(divide_up(grid.columns, ColumnGrid::kMaxColumns));
  grid.lanes = static_cast<int>(divide_up(grid.columns, grid.tiles));
  grid.row_lanes = ColumnGrid::kThreads / grid.lanes;
  const std::int64_t most = std::clamp<std::int64_t>(blocks / grid.tiles, 1, kMaxSlices);
  const std::int64_t wanted = divide_up(rows, std::int64_t{grid.row_lanes} * thread_rows);
  grid.slice_rows = std::max<std::int64_t>(divide_up(rows, std::clamp<std::int64_t>(wanted, 1, most)), 1);
  grid.slices = static_cast<int>(std::max<std::int64_t>(divide_up(rows, grid.slice_rows), 1));
  return grid;
}

/// The grid of a reduction over the rows: about four blocks for each multiprocessor, at least 8 rows a thread, so that
/// folding the slices stays cheap beside reading the matrix.
inline ColumnGrid reduction_grid(std::int64_t rows, std::int64_t channels, int vector) {
  return column_grid(rows, channels, vector, 8, 4 * kMultiprocessors);
}

/// The grid that folds the slices of `first`: one slice of all of them.
inline ColumnGrid fold_grid(const ColumnGrid& first) { return column_grid(first.slices, first.channels, 1, 1, 1); }

/// The grid of a map over all elements with values that belong to channels: about 4 rows a thread.
inline ColumnGrid map_grid(std::int64_t rows, std::int64_t channels, int vector) {
  return column_grid(rows, channels, vector, 4, 32 * kMultiprocessors);
}

/// Floats that a reduction's partial results take: `values` for each (slice, channel), whichever vector width the
/// operands' alignment allows.
inline std::int64_t reduction_workspace(std::int64_t rows, std::int64_t channels, int values) {
  if (channels == 0) return 0;
  std::int64_t slices = reduction_grid(rows, channels, 1).slices;
  if (channels % 4 == 0) slices = std::max<std::int64_t>(slices, reduction_grid(rows, channels, 4).slices);
  return slices * channels * values;
}

}  // namespace gan
