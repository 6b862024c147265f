// Batch normalisation on the CPU, fast: memory is read once for the statistics and once for the result.
//
// Statistics: rows come in blocks that fit into the first-level cache. A block's mean and squared deviations take two
// passes over the block (the second also measures by how much rounding moved the mean, and takes that out); blocks,
// then the threads' parts, are merged in double in a fixed order by the rule of Chan, Golub & LeVeque 1983
// (equations 2.1).
#include "kernels/norm/batch_norm_cpu_fast.h"

#include <algorithm>
#include <cmath>

#include "kernels/core/contract/channel_rows.h"
#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/cpu_rows.h"

namespace gan {

namespace {

/// Rows of `floats_a_row` floats whose blocks fit into a first-level cache of 32 KiB; bounded so that sums in float
/// stay short.
std::int64_t block_rows(std::int64_t floats_a_row) {
  constexpr std::int64_t kBlockFloats = 8192, kFewest = 8, kMost = 128;
  return std::clamp(kBlockFloats / floats_a_row, kFewest, kMost);
}

/// Count, mean and sum of squared deviations of every channel over some rows.
struct Moments {
  double count = 0;
  double* mean;
  double* m2;

  /// Takes in `n` further rows: about `center`, their deviations sum to `deviation` and their squares to `square`.
  void merge_block(std::int64_t channels, double n, const float* center, const float* deviation, const float* square) {
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

  void merge(std::int64_t channels, const Moments& other) {
    const double total = count + other.count;
    if (total == 0) return;
    for (std::int64_t c = 0; c < channels; ++c) {
      const double delta = other.mean[c] - mean[c];
      mean[c] += delta * (other.count / total);
      m2[c] += other.m2[c] + delta * delta * (count * other.count / total);
    }
    count = total;
  }
};

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

/// The moments of x(rows, channels), gathered by the threads in parts; the result lies in the first part's.
Moments measure(const float* x, std::int64_t rows, std::int64_t channels, const RowParts& parts, double* doubles,
                float* floats, Moments* of_part) {
  parts.for_each([&](std::int64_t part, std::int64_t begin, std::int64_t end) {
    Moments moments{.mean = doubles + 2 * part * channels, .m2 = doubles + (2 * part + 1) * channels};
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
  Moments total = of_part[0];
  for (std::int64_t part = 1; part < parts.count(); ++part) total.merge(channels, of_part[part]);
  if (total.count != static_cast<double>(rows)) throw Error("batch norm: rows were lost");
  return total;
}

/// y = (x - mean) scale + beta.
void normalise(const float* x, float* y, std::int64_t channels, const RowParts& parts, const float* mean,
               const float* scale, const float* beta) {
  parts.for_each([&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t at = begin * channels; at < end * channels; at += channels)
#pragma GCC ivdep
      for (std::int64_t c = 0; c < channels; ++c) y[at + c] = (x[at + c] - mean[c]) * scale[c] + beta[c];
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

/// dx = a dy + (b + d (x - mean)), with a, b, d of every channel.
void distribute(const float* x, const float* dy, float* dx, std::int64_t channels, const RowParts& parts,
                const float* mean, const float* a, const float* b, const float* d) {
  parts.for_each([&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t at = begin * channels; at < end * channels; at += channels)
#pragma GCC ivdep
      for (std::int64_t c = 0; c < channels; ++c)
        dx[at + c] = a[c] * dy[at + c] + (b[c] + d[c] * (x[at + c] - mean[c]));
  });
}

}  // namespace

void batch_norm_forward_fast(const BatchNormForward& i, CpuDevice& device) {
  const auto [rows, channels] = channel_rows(i.x.shape);
  const RowParts parts(rows, channels, device.threads());
  ScratchArrays scratch(device, 2 * parts.count() * channels + 3 * parts.count(), (3 * parts.count() + 1) * channels,
                        4);
  double* doubles = scratch.take<double>(2 * parts.count() * channels);
  float* floats = scratch.take<float>(3 * parts.count() * channels);
  float* scale = scratch.take<float>(channels);
  Moments* of_part = scratch.take<Moments>(parts.count());

  const Moments moments = measure(i.x.as<float>(), rows, channels, parts, doubles, floats, of_part);
  const double n = static_cast<double>(rows);
  for (std::int64_t c = 0; c < channels; ++c) {
    const double mean = moments.mean[c], variance = moments.m2[c] / n;
    const double inverse_std = 1 / std::sqrt(variance + i.epsilon);
    i.mean.as<float>()[c] = static_cast<float>(mean);
    i.inverse_std.as<float>()[c] = static_cast<float>(inverse_std);
    scale[c] = static_cast<float>(i.gamma.as<float>()[c] * inverse_std);
    if (!i.running_mean.present()) continue;
    float& running_mean = i.running_mean.as<float>()[c];
    float& running_variance = i.running_variance.as<float>()[c];
    running_mean = static_cast<float>(running_mean + i.momentum * (mean - running_mean));
    running_variance = static_cast<float>(running_variance + i.momentum * (moments.m2[c] / (n - 1) - running_variance));
  }
  normalise(i.x.as<float>(), i.y.as<float>(), channels, parts, i.mean.as<float>(), scale, i.beta.as<float>());
}

void batch_norm_backward_fast(const BatchNormBackward& i, CpuDevice& device) {
  const auto [rows, channels] = channel_rows(i.x.shape);
  const RowParts parts(rows, channels, device.threads());
  ScratchArrays scratch(device, 2 * parts.count() * channels, (2 * parts.count() + 3) * channels, 5);
  double* sums = scratch.take<double>(2 * parts.count() * channels);
  float* blocks = scratch.take<float>(2 * parts.count() * channels);
  float *a = scratch.take<float>(channels), *b = scratch.take<float>(channels), *d = scratch.take<float>(channels);

  const float *x = i.x.as<float>(), *dy = i.dy.as<float>(), *mean = i.mean.as<float>();
  parts.for_each([&, channels = channels](std::int64_t part, std::int64_t begin, std::int64_t end) {
    double *sum_dy = sums + 2 * part * channels, *sum_product = sum_dy + channels;
    float *block_dy = blocks + 2 * part * channels, *block_product = block_dy + channels;
    std::fill_n(sum_dy, 2 * channels, 0.0);
    const std::int64_t step = block_rows(2 * channels);
    for (std::int64_t first = begin; first < end; first += step)
      column_products(x + first * channels, dy + first * channels, std::min(step, end - first), channels, mean,
                      block_dy, block_product, sum_dy, sum_product);
  });
  const double n = static_cast<double>(rows);
  for (std::int64_t c = 0; c < channels; ++c) {
    double sum_dy = 0, sum_product = 0;
    for (std::int64_t part = 0; part < parts.count(); ++part) {
      sum_dy += sums[2 * part * channels + c];
      sum_product += sums[(2 * part + 1) * channels + c];
    }
    const double inverse_std = i.inverse_std.as<float>()[c], slope = i.gamma.as<float>()[c] * inverse_std;
    a[c] = static_cast<float>(slope);
    b[c] = static_cast<float>(-slope * sum_dy / n);
    d[c] = static_cast<float>(-slope * inverse_std * inverse_std * sum_product / n);
    if (i.mode == ParamGrad::Skip) continue;
    const bool accumulate = i.mode == ParamGrad::Accumulate;
    float &dgamma = i.dgamma.as<float>()[c], &dbeta = i.dbeta.as<float>()[c];
    dgamma = static_cast<float>((accumulate ? dgamma : 0.0) + sum_product * inverse_std);
    dbeta = static_cast<float>((accumulate ? dbeta : 0.0) + sum_dy);
  }
  distribute(x, dy, i.dx.as<float>(), channels, parts, mean, a, b, d);
}

void batch_norm_inference_fast(const BatchNormInference& i, CpuDevice& device) {
  const auto [rows, channels] = channel_rows(i.x.shape);
  ScratchArrays scratch(device, 0, channels, 1);
  float* scale = scratch.take<float>(channels);
  for (std::int64_t c = 0; c < channels; ++c)
    scale[c] = static_cast<float>(i.gamma.as<float>()[c] /
                                  std::sqrt(static_cast<double>(i.running_variance.as<float>()[c]) + i.epsilon));
  normalise(i.x.as<float>(), i.y.as<float>(), channels, RowParts(rows, channels, device.threads()),
            i.running_mean.as<float>(), scale, i.beta.as<float>());
}

}  // namespace gan
