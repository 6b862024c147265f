// Batch normalisation on the CPU, fast: memory is read once for the statistics and once for the result.
#include "kernels/norm/batch_norm_cpu_fast.h"

#include <cmath>

#include "kernels/core/contract/channel_rows.h"
#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/cpu_rows.h"
#include "kernels/norm/column_loops_cpu.h"

namespace gan {

void batch_norm_forward_fast(const BatchNormForward& i, CpuDevice& device) {
  const auto [rows, channels] = channel_rows(i.x.shape);
  const RowParts parts(rows, channels, device.threads());
  ScratchArrays scratch(device, 2 * parts.count() * channels + 3 * parts.count(), (3 * parts.count() + 1) * channels,
                        4);
  double* doubles = scratch.take<double>(2 * parts.count() * channels);
  float* floats = scratch.take<float>(3 * parts.count() * channels);
  float* scale = scratch.take<float>(channels);
  ColumnMoments* of_part = scratch.take<ColumnMoments>(parts.count());

  const ColumnMoments moments = measure_columns(i.x.as<float>(), rows, channels, parts, doubles, floats, of_part);
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
  normalise_columns(i.x.as<float>(), i.y.as<float>(), channels, parts, i.mean.as<float>(), scale, i.beta.as<float>());
}

void batch_norm_backward_fast(const BatchNormBackward& i, CpuDevice& device) {
  const auto [rows, channels] = channel_rows(i.x.shape);
  const RowParts parts(rows, channels, device.threads());
  ScratchArrays scratch(device, 2 * parts.count() * channels, (2 * parts.count() + 3) * channels, 5);
  double* sums = scratch.take<double>(2 * parts.count() * channels);
  float* blocks = scratch.take<float>(2 * parts.count() * channels);
  float *a = scratch.take<float>(channels), *b = scratch.take<float>(channels), *d = scratch.take<float>(channels);

  const float *x = i.x.as<float>(), *dy = i.dy.as<float>(), *mean = i.mean.as<float>();
  sum_products(x, dy, channels, parts, mean, sums, blocks);
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
  distribute_columns(x, dy, i.dx.as<float>(), channels, parts, mean, a, b, d);
}

void batch_norm_inference_fast(const BatchNormInference& i, CpuDevice& device) {
  const auto [rows, channels] = channel_rows(i.x.shape);
  ScratchArrays scratch(device, 0, channels, 1);
  float* scale = scratch.take<float>(channels);
  for (std::int64_t c = 0; c < channels; ++c)
    scale[c] = static_cast<float>(i.gamma.as<float>()[c] /
                                  std::sqrt(static_cast<double>(i.running_variance.as<float>()[c]) + i.epsilon));
  normalise_columns(i.x.as<float>(), i.y.as<float>(), channels, RowParts(rows, channels, device.threads()),
                    i.running_mean.as<float>(), scale, i.beta.as<float>());
}

}  // namespace gan
