#include "kernels/norm/column_loops_cpu.h"

#include <algorithm>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// sum[c] = the sum of x(rows, channels) over its rows.
void column_sums(const float* x, std::int64_t rows, std::int64_t channels, float* sum) {
  std::fill_n(sum, channels, 0.0f);
  four_rows_at_a_time(0, rows, [&](auto count, std::int64_t row) {
    const float* a = x + row * channels;
    const float *b = a + channels, *d = b + channels, *e = d + channels;
#pragma GCC ivdep
    for (std::int64_t c = 0; c < channels; ++c)
      if constexpr (count == 4) sum[c] += (a[c] + b[c]) + (d[c] + e[c]);
      else sum[c] += a[c];
  });
}

/// deviation[c], square[c] = the sums of x - center and (x - center)^2 over the rows.
void column_deviations(const float* x, std::int64_t rows, std::int64_t channels, const float* center, float* deviation,
                       float* square) {
  std::fill_n(deviation, channels, 0.0f);
  std::fill_n(square, channels, 0.0f);
  four_rows_at_a_time(0, rows, [&](auto count, std::int64_t row) {
    const float* from = x + row * channels;
#pragma GCC ivdep
    for (std::int64_t c = 0; c < channels; ++c) {
      const float a = from[c] - center[c];
      if constexpr (count == 4) {
        const float b = from[channels + c] - center[c], d = from[2 * channels + c] - center[c],
                    e = from[3 * channels + c] - center[c];
        deviation[c] += (a + b) + (d + e);
        square[c] += (a * a + b * b) + (d * d + e * e);
      } else {
        deviation[c] += a;
        square[c] += a * a;
      }
    }
  });
}

/// sum_dy[c] += sum dy, sum_product[c] += sum dy (x - mean) over the rows, in float within a block.
void column_products(const float* x, const float* dy, std::int64_t rows, std::int64_t channels, const float* mean,
                     float* block_dy, float* block_product, double* sum_dy, double* sum_product) {
  std::fill_n(block_dy, channels, 0.0f);
  std::fill_n(block_product, channels, 0.0f);
  four_rows_at_a_time(0, rows, [&](auto count, std::int64_t row) {
    const float *xs = x + row * channels, *gs = dy + row * channels;
#pragma GCC ivdep
    for (std::int64_t c = 0; c < channels; ++c) {
      const float a = gs[c], pa = a * (xs[c] - mean[c]);
      if constexpr (count == 4) {
        const float b = gs[channels + c], pb = b * (xs[channels + c] - mean[c]);
        const float d = gs[2 * channels + c], pd = d * (xs[2 * channels + c] - mean[c]);
        const float e = gs[3 * channels + c], pe = e * (xs[3 * channels + c] - mean[c]);
        block_dy[c] += (a + b) + (d + e);
        block_product[c] += (pa + pb) + (pd + pe);
      } else {
        block_dy[c] += a;
        block_product[c] += pa;
      }
    }
  });
#pragma GCC ivdep
  for (std::int64_t c = 0; c < channels; ++c) {
    sum_dy[c] += block_dy[c];
    sum_product[c] += block_product[c];
  }
}

}  // namespace

std::int64_t block_rows(std::int64_t floats_a_row) {
  constexpr std::int64_t kBlockFloats = 8192, kFewest = 8, kMost = 128;
  return std::clamp(kBlockFloats / floats_a_row, kFewest, kMost);
}

void ColumnMoments::merge_block(std::int64_t channels, double n, const float* center, const float* deviation,
                                const float* square) {
  const double total = count + n, weight = count * n / total;
  const double inverse_n = 1 / n, share = n / total;
#pragma GCC ivdep
  for (std::int64_t c = 0; c < channels; ++c) {
    const double moved = deviation[c] * inverse_n;
    const double delta = center[c] + moved - mean[c];
    mean[c] += delta * share;
    m2[c] += (square[c] - deviation[c] * moved) + delta * delta * weight;
  }
  count = total;
}

void ColumnMoments::merge(std::int64_t channels, const ColumnMoments& other) {
  const double total = count + other.count;
  if (total == 0) return;
  for (std::int64_t c = 0; c < channels; ++c) {
    const double delta = other.mean[c] - mean[c];
    mean[c] += delta * (other.count / total);
    m2[c] += other.m2[c] + delta * delta * (count * other.count / total);
  }
  count = total;
}

ColumnMoments measure_columns(const float* x, std::int64_t rows, std::int64_t channels, const RowParts& parts,
                              double* doubles, float* floats, ColumnMoments* of_part) {
  parts.for_each([&](std::int64_t part, std::int64_t begin, std::int64_t end) {
    ColumnMoments moments{.mean = doubles + 2 * part * channels, .m2 = doubles + (2 * part + 1) * channels};
    std::fill_n(moments.mean, 2 * channels, 0.0);
    float* center = floats + 3 * part * channels;
    float *deviation = center + channels, *square = deviation + channels;
    for (std::int64_t first = begin; first < end; first += block_rows(channels)) {
      const std::int64_t count = std::min(block_rows(channels), end - first);
      const float* block = x + first * channels;
      column_sums(block, count, channels, center);
      for (std::int64_t c = 0; c < channels; ++c) center[c] /= static_cast<float>(count);
      column_deviations(block, count, channels, center, deviation, square);
      moments.merge_block(channels, static_cast<double>(count), center, deviation, square);
    }
    of_part[part] = moments;
  });
  ColumnMoments total = of_part[0];
  for (std::int64_t part = 1; part < parts.count(); ++part) total.merge(channels, of_part[part]);
  if (total.count != static_cast<double>(rows)) throw Error("normalisation: rows were lost");
  return total;
}

void sum_products(const float* x, const float* dy, std::int64_t channels, const RowParts& parts, const float* mean,
                  double* sums, float* blocks) {
  parts.for_each([&](std::int64_t part, std::int64_t begin, std::int64_t end) {
    double *sum_dy = sums + 2 * part * channels, *sum_product = sum_dy + channels;
    float *block_dy = blocks + 2 * part * channels, *block_product = block_dy + channels;
    std::fill_n(sum_dy, 2 * channels, 0.0);
    const std::int64_t step = block_rows(2 * channels);
    for (std::int64_t first = begin; first < end; first += step)
      column_products(x + first * channels, dy + first * channels, std::min(step, end - first), channels, mean,
                      block_dy, block_product, sum_dy, sum_product);
  });
}

void normalise_columns(const float* x, float* y, std::int64_t channels, const RowParts& parts, const float* mean,
                       const float* scale, const float* beta) {
  parts.for_each([&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t at = begin * channels; at < end * channels; at += channels)
#pragma GCC ivdep
      for (std::int64_t c = 0; c < channels; ++c) y[at + c] = (x[at + c] - mean[c]) * scale[c] + beta[c];
  });
}

void distribute_columns(const float* x, const float* dy, float* dx, std::int64_t channels, const RowParts& parts,
                        const float* mean, const float* a, const float* b, const float* d) {
  parts.for_each([&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t at = begin * channels; at < end * channels; at += channels)
#pragma GCC ivdep
      for (std::int64_t c = 0; c < channels; ++c)
        dx[at + c] = a[c] * dy[at + c] + (b[c] + d[c] * (x[at + c] - mean[c]));
  });
}

}  // namespace gan
