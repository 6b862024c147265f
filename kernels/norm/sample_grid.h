// How a grid of CUDA blocks covers many (rows, channels) matrices of one size, one a sample, whose channels are contiguous.
//
// As column_grid.h covers one matrix: a block owns a tile of columns (a column: `vector` neighbouring channels) and a slice
// of the rows, its threads numbered across the tile first, then down the rows. Here the rows may be few (a 4x4 image, a
// vector): then the tile is wider, and where it is not wide enough a block takes several samples. The grid depends on
// nothing but the shape: results are the same on every card.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/core/cuda/multiprocessors.h"

namespace gan {

/// The grid over the matrices of all samples; reduction_grid() and map_grid() make it.
struct SampleGrid {
  static constexpr int kThreads = 256;  ///< of a block

  std::int64_t samples = 0;
  std::int64_t rows = 0;        ///< of a sample
  std::int64_t slice_rows = 0;  ///< rows of a slice; the last may have fewer
  int columns = 0;              ///< channels / vector
  int lanes = 0;                ///< columns of a tile; the last may have fewer
  int row_lanes = 0;            ///< rows of one sample that a block reads at a time
  int sample_lanes = 0;         ///< samples of a block; threads beyond all lanes are idle
  int tiles = 0;                ///< of the columns
  int slices = 0;               ///< of a sample's rows: gridDim.y

  /// gridDim.x: tile after tile, samples after samples.
  std::int64_t blocks() const { return (samples + sample_lanes - 1) / sample_lanes * tiles; }
};

/// Covers `samples` matrices (rows, channels), none of them 0, in columns of `vector` (1 or 4) channels; 4 divides
/// `channels` then. A thread gets about `thread_rows` rows where there are so many, and more where there would be more than
/// about `blocks` blocks.
inline SampleGrid sample_grid(std::int64_t samples, std::int64_t rows, std::int64_t channels, int vector,
                              int thread_rows, int blocks) {
  constexpr std::int64_t kMostRowLanes = 8;  // with 32 columns a full block
  const auto divide_up = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
  SampleGrid grid{.samples = samples, .rows = rows};
  const std::int64_t columns = channels / vector, busy_rows = divide_up(rows, thread_rows);
  const std::int64_t widest = SampleGrid::kThreads / std::min(busy_rows, kMostRowLanes);
  const std::int64_t tiles = divide_up(columns, widest), lanes = divide_up(columns, tiles);
  const std::int64_t row_lanes = std::min(SampleGrid::kThreads / lanes, busy_rows);
  const std::int64_t sample_lanes = std::min(SampleGrid::kThreads / (lanes * row_lanes), samples);
  grid.columns = static_cast<int>(columns);
  grid.tiles = static_cast<int>(tiles);
  grid.lanes = static_cast<int>(lanes);
  grid.row_lanes = static_cast<int>(row_lanes);
  grid.sample_lanes = static_cast<int>(sample_lanes);
  const std::int64_t most = std::max<std::int64_t>(blocks / grid.blocks(), 1);
  grid.slice_rows = divide_up(rows, std::clamp<std::int64_t>(divide_up(rows, row_lanes * thread_rows), 1, most));
  grid.slices = static_cast<int>(divide_up(rows, grid.slice_rows));
  return grid;
}

/// The grid of a reduction over the rows of every sample: about four blocks for each multiprocessor, so that folding the
/// slices stays cheap beside reading the matrices.
inline SampleGrid sample_reduction_grid(std::int64_t samples, std::int64_t rows, std::int64_t channels, int vector) {
  return sample_grid(samples, rows, channels, vector, 8, 4 * kMultiprocessors);
}

/// The grid of a map over all elements.
inline SampleGrid sample_map_grid(std::int64_t samples, std::int64_t rows, std::int64_t channels, int vector) {
  return sample_grid(samples, rows, channels, vector, 4, 32 * kMultiprocessors);
}

/// The most slices that sample_reduction_grid() cuts a sample into, whichever vector width the operands' alignment allows.
inline int most_slices(std::int64_t samples, std::int64_t rows, std::int64_t channels) {
  const int slices = sample_reduction_grid(samples, rows, channels, 1).slices;
  return channels % 4 == 0 ? std::max(slices, sample_reduction_grid(samples, rows, channels, 4).slices) : slices;
}

}  // namespace gan
