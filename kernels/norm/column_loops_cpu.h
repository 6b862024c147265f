// The loops of normalisation on the CPU, in F32: over the rows of (rows, channels) matrices with values of every channel.
// Rows are dealt to threads in parts; the inner loops run over channels and vectorise.
#pragma once

#include <cstdint>

#include "kernels/core/cpu/cpu_rows.h"

namespace gan {

/// Rows of `floats_a_row` floats whose blocks fit into a first-level cache of 32 KiB; bounded so that sums in float
/// stay short.
std::int64_t block_rows(std::int64_t floats_a_row);

/// Count, mean and sum of squared deviations of every channel over some rows.
struct ColumnMoments {
  double count = 0;
  double* mean;
  double* m2;

  /// Takes in `n` further rows: about `center`, their deviations sum to `deviation` and their squares to `square`.
  void merge_block(std::int64_t channels, double n, const float* center, const float* deviation, const float* square);
  /// Takes in what `other` has seen.
  void merge(std::int64_t channels, const ColumnMoments& other);
};

/// The moments of x(rows, channels), gathered by the threads in parts; the result lies in the first part's.
///
/// Rows come in blocks that fit into the first-level cache. A block's mean and squared deviations take two passes over the
/// block (the second also measures by how much rounding moved the mean, and takes that out); blocks, then parts, are merged
/// in double in a fixed order by the rule of Chan, Golub & LeVeque 1983 (equations 2.1).
/// Memory: `doubles` 2, `floats` 3 numbers for each part and channel, `of_part` one for each part.
ColumnMoments measure_columns(const float* x, std::int64_t rows, std::int64_t channels, const RowParts& parts,
                              double* doubles, float* floats, ColumnMoments* of_part);

/// For every part, the sums over its rows of dy and of dy (x - mean): sums[2 part channels + c] and behind them
/// sums[(2 part + 1) channels + c]. In float within a block, blocks in double. Memory: `blocks` 2 floats for each part and
/// channel.
void sum_products(const float* x, const float* dy, std::int64_t channels, const RowParts& parts, const float* mean,
                  double* sums, float* blocks);

/// y = (x - mean) scale + beta.
void normalise_columns(const float* x, float* y, std::int64_t channels, const RowParts& parts, const float* mean,
                       const float* scale, const float* beta);

/// dx = a dy + (b + d (x - mean)), with a, b, d of every channel.
void distribute_columns(const float* x, const float* dy, float* dx, std::int64_t channels, const RowParts& parts,
                        const float* mean, const float* a, const float* b, const float* d);

}  // namespace gan
