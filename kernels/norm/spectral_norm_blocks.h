// How the CUDA kernels of spectral normalisation cut their work: what their workspace follows from.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/core/cuda/column_grid.h"

namespace gan {

/// The workspace of SpectralNorm: W^T u, then W v, then the partial sums of the former. Each part starts at a multiple of
/// four floats, for vector accesses.
struct SpectralNormWorkspace {
  std::int64_t row_products = 0;  ///< where W v starts; W^T u starts at 0
  std::int64_t partial_sums = 0;
  std::int64_t count = 0;

  SpectralNormWorkspace(std::int64_t rows, std::int64_t columns) {
    const auto rounded_up = [](std::int64_t floats) { return (floats + 3) / 4 * 4; };
    row_products = rounded_up(columns);
    partial_sums = row_products + rounded_up(rows);
    count = partial_sums + reduction_workspace(rows, columns, 1);
  }
};

/// Threads of a block, and blocks that sum the products of a gradient with the normalised weight: at least four elements a
/// thread, and about two blocks for each multiprocessor at most, as every block of the next kernel adds their sums up.
inline constexpr int kSpectralNormThreads = 256;
inline std::int64_t inner_product_blocks(std::int64_t elements) {
  constexpr std::int64_t kTile = std::int64_t{4} * kSpectralNormThreads, kMost = std::int64_t{2} * kMultiprocessors;
  return std::clamp<std::int64_t>((elements + kTile - 1) / kTile, 1, kMost);
}

}  // namespace gan
