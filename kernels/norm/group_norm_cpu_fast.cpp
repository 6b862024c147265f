// Group normalisation on the CPU, fast: sample after sample, while its numbers are in the cache, the sums of every channel,
// what they amount to in every group, and the result. The loops are batch normalisation's, with a sample for the batch.
#include "kernels/norm/group_norm_cpu_fast.h"

#include <algorithm>
#include <cmath>

#include "kernels/core/cpu/cpu_device.h"
#include "kernels/core/cpu/cpu_rows.h"
#include "kernels/norm/column_loops_cpu.h"

namespace gan {

namespace {

/// How the samples are dealt to threads: whole samples to each, or, where there are fewer samples than threads, one sample
/// after the other to all.
class SampleWork {
 public:
  SampleWork(const GroupNormShape& s, int threads)
      : among_samples_(s.samples >= threads),
        samples_(s.samples, s.rows * s.channels, among_samples_ ? threads : 1),
        rows_(s.rows, s.channels, among_samples_ ? 1 : threads) {}

  /// Workers: each needs memory of its own.
  std::int64_t workers() const { return samples_.count(); }
  /// How one sample's rows are dealt to threads.
  const RowParts& rows() const { return rows_; }
  /// Sums over rows that a worker has at the same time.
  std::int64_t parts() const { return rows_.count(); }

  /// Calls `body(worker, sample)` for all samples.
  template <class Body>
  void for_each(const Body& body) const {
    samples_.for_each([&](std::int64_t worker, std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n) body(worker, n);
    });
  }

 private:
  bool among_samples_;
  RowParts samples_, rows_;
};

/// The statistics of a sample's groups, a copy for every channel.
void spread(const float* of_groups, const GroupNormShape& s, float* of_channels) {
  const std::int64_t size = s.channels / s.groups;
  for (std::int64_t g = 0; g < s.groups; ++g) std::fill_n(of_channels + g * size, size, of_groups[g]);
}

/// Adds the parts of `sums` (parts, kinds, channels) up into the first.
void add_parts(double* sums, std::int64_t parts, std::int64_t numbers) {
  for (std::int64_t part = 1; part < parts; ++part)
    for (std::int64_t k = 0; k < numbers; ++k) sums[k] += sums[part * numbers + k];
}

/// Adds the workers' sums of a parameter's gradient up and writes it as `mode` says; a worker's lie `stride` behind
/// the one's before.
void put(const Tensor& gradient, const double* sums, std::int64_t workers, std::int64_t stride, ParamGrad mode) {
  for (std::int64_t c = 0; c < gradient.count(); ++c) {
    float& to = gradient.as<float>()[c];
    double sum = mode == ParamGrad::Accumulate ? to : 0.0;
    for (std::int64_t worker = 0; worker < workers; ++worker) sum += sums[worker * stride + c];
    to = static_cast<float>(sum);
  }
}

/// Sums over a sample's rows of dy, dy (x - mean), v, v (x - mean) and dy v: kinds in this order, for every part.
constexpr std::int64_t kTangentSums = 5;

/// Memory: `blocks` kTangentSums floats for each part and channel.
void sum_tangents(const float* x, const float* dy, const float* v, std::int64_t channels, const RowParts& parts,
                  const float* mean, double* sums, float* blocks) {
  parts.for_each([&](std::int64_t part, std::int64_t begin, std::int64_t end) {
    double* const total = sums + part * kTangentSums * channels;
    float* const block = blocks + part * kTangentSums * channels;
    float *b0 = block, *b1 = b0 + channels, *b2 = b1 + channels, *b3 = b2 + channels, *b4 = b3 + channels;
    std::fill_n(total, kTangentSums * channels, 0.0);
    const std::int64_t step = block_rows(3 * channels);
    for (std::int64_t first = begin; first < end; first += step) {
      std::fill_n(block, kTangentSums * channels, 0.0f);
      for (std::int64_t row = first; row < std::min(first + step, end); ++row) {
        const float *xs = x + row * channels, *gs = dy + row * channels, *vs = v + row * channels;
#pragma GCC ivdep
        for (std::int64_t c = 0; c < channels; ++c) {
          const float deviation = xs[c] - mean[c], g = gs[c], w = vs[c];
          b0[c] += g;
          b1[c] += g * deviation;
          b2[c] += w;
          b3[c] += w * deviation;
          b4[c] += g * w;
        }
      }
#pragma GCC ivdep
      for (std::int64_t k = 0; k < kTangentSums * channels; ++k) total[k] += block[k];
    }
  });
}

/// y = a dy + b v + (e + d (x - mean)), with a, b, d, e of every channel.
void combine_columns(const float* x, const float* dy, const float* v, float* y, std::int64_t channels,
                     const RowParts& parts, const float* mean, const float* a, const float* b, const float* e,
                     const float* d) {
  parts.for_each([&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t at = begin * channels; at < end * channels; at += channels)
#pragma GCC ivdep
      for (std::int64_t c = 0; c < channels; ++c)
        y[at + c] = a[c] * dy[at + c] + b[c] * v[at + c] + (e[c] + d[c] * (x[at + c] - mean[c]));
  });
}

}  // namespace

void group_norm_forward_fast(const GroupNormForward& i, CpuDevice& device) {
  const GroupNormShape s = group_norm_shape(i.x.shape, i.groups);
  const SampleWork work(s, device.threads());
  const std::int64_t channels = s.channels, size = channels / s.groups, parts = work.parts();
  const std::int64_t doubles = 2 * parts * channels, floats = (3 * parts + 2) * channels;
  ScratchArrays scratch(device, work.workers() * (doubles + 3 * parts), work.workers() * floats, 3);
  double* const all_doubles = scratch.take<double>(work.workers() * doubles);
  float* const all_floats = scratch.take<float>(work.workers() * floats);
  ColumnMoments* const all_moments = scratch.take<ColumnMoments>(work.workers() * parts);

  work.for_each([&](std::int64_t worker, std::int64_t n) {
    float *mean = all_floats + worker * floats, *scale = mean + channels, *blocks = scale + channels;
    const float* const x = i.x.as<float>() + n * s.rows * channels;
    const ColumnMoments moments = measure_columns(x, s.rows, channels, work.rows(), all_doubles + worker * doubles,
                                                  blocks, all_moments + worker * parts);
    for (std::int64_t g = 0; g < s.groups; ++g) {
      double group_mean = 0, m2 = 0;
      for (std::int64_t c = g * size; c < (g + 1) * size; ++c) group_mean += moments.mean[c];
      group_mean /= static_cast<double>(size);
      for (std::int64_t c = g * size; c < (g + 1) * size; ++c) {
        const double off = moments.mean[c] - group_mean;
        m2 += moments.m2[c] + off * off * static_cast<double>(s.rows);
      }
      const double inverse_std = 1 / std::sqrt(m2 / static_cast<double>(s.rows * size) + i.epsilon);
      i.mean.as<float>()[n * s.groups + g] = static_cast<float>(group_mean);
      i.inverse_std.as<float>()[n * s.groups + g] = static_cast<float>(inverse_std);
      for (std::int64_t c = g * size; c < (g + 1) * size; ++c) {
        mean[c] = static_cast<float>(group_mean);
        scale[c] = static_cast<float>(i.gamma.as<float>()[c] * inverse_std);
      }
    }
    normalise_columns(x, i.y.as<float>() + n * s.rows * channels, channels, work.rows(), mean, scale,
                      i.beta.as<float>());
  });
}

void group_norm_backward_fast(const GroupNormBackward& i, CpuDevice& device) {
  const GroupNormShape s = group_norm_shape(i.x.shape, i.groups);
  const SampleWork work(s, device.threads());
  const std::int64_t channels = s.channels, size = channels / s.groups, parts = work.parts();
  const std::int64_t doubles = (2 * parts + 2) * channels, floats = (2 * parts + 4) * channels;
  ScratchArrays scratch(device, work.workers() * doubles, work.workers() * floats, 2);
  double* const all_doubles = scratch.take<double>(work.workers() * doubles);
  float* const all_floats = scratch.take<float>(work.workers() * floats);
  for (std::int64_t worker = 0; worker < work.workers(); ++worker)
    std::fill_n(all_doubles + worker * doubles, 2 * channels, 0.0);

  work.for_each([&](std::int64_t worker, std::int64_t n) {
    double *dgamma = all_doubles + worker * doubles, *dbeta = dgamma + channels, *sums = dbeta + channels;
    float *mean = all_floats + worker * floats, *a = mean + channels, *b = a + channels, *d = b + channels;
    const std::int64_t first = n * s.rows * channels;
    const float *x = i.x.as<float>() + first, *dy = i.dy.as<float>() + first, *gamma = i.gamma.as<float>();
    spread(i.mean.as<float>() + n * s.groups, s, mean);
    sum_products(x, dy, channels, work.rows(), mean, sums, d + channels);
    add_parts(sums, parts, 2 * channels);
    for (std::int64_t g = 0; g < s.groups; ++g) {
      const double r = i.inverse_std.as<float>()[n * s.groups + g], count = static_cast<double>(s.rows * size);
      double mean_t = 0, m1 = 0;
      for (std::int64_t c = g * size; c < (g + 1) * size; ++c) {
        mean_t += gamma[c] * sums[c] / count;
        m1 += gamma[c] * sums[channels + c] * r / count;
      }
      for (std::int64_t c = g * size; c < (g + 1) * size; ++c) {
        a[c] = static_cast<float>(r * gamma[c]);
        b[c] = static_cast<float>(-r * mean_t);
        d[c] = static_cast<float>(-r * r * m1);
        dgamma[c] += sums[channels + c] * r;
        dbeta[c] += sums[c];
      }
    }
    distribute_columns(x, dy, i.dx.as<float>() + first, channels, work.rows(), mean, a, b, d);
  });
  if (i.mode == ParamGrad::Skip) return;
  put(i.dgamma, all_doubles, work.workers(), doubles, i.mode);
  put(i.dbeta, all_doubles + channels, work.workers(), doubles, i.mode);
}

void group_norm_tangent_fast(const GroupNormTangent& i, CpuDevice& device) {
  const GroupNormShape s = group_norm_shape(i.x.shape, i.groups);
  const SampleWork work(s, device.threads());
  const std::int64_t channels = s.channels, size = channels / s.groups, parts = work.parts();
  const std::int64_t doubles = (kTangentSums * parts + 1) * channels, floats = (kTangentSums * parts + 8) * channels;
  ScratchArrays scratch(device, work.workers() * doubles, work.workers() * floats, 2);
  double* const all_doubles = scratch.take<double>(work.workers() * doubles);
  float* const all_floats = scratch.take<float>(work.workers() * floats);
  for (std::int64_t worker = 0; worker < work.workers(); ++worker)
    std::fill_n(all_doubles + worker * doubles, channels, 0.0);

  work.for_each([&](std::int64_t worker, std::int64_t n) {
    double *dgamma = all_doubles + worker * doubles, *sums = dgamma + channels;
    const double *dys = sums, *dyxs = dys + channels, *vs = dyxs + channels, *vxs = vs + channels,
                 *dyvs = vxs + channels;
    float *mean = all_floats + worker * floats, *push_v = mean + channels, *push = push_v + channels,
          *push_x = push + channels, *bend_dy = push_x + channels, *bend_v = bend_dy + channels,
          *bend = bend_v + channels, *bend_x = bend + channels;
    const std::int64_t first = n * s.rows * channels;
    const float *x = i.x.as<float>() + first, *dy = i.dy.as<float>() + first, *v = i.v.as<float>() + first;
    const float* const gamma = i.gamma.as<float>();
    spread(i.mean.as<float>() + n * s.groups, s, mean);
    sum_tangents(x, dy, v, channels, work.rows(), mean, sums, bend_x + channels);
    add_parts(sums, parts, kTangentSums * channels);
    for (std::int64_t g = 0; g < s.groups; ++g) {
      const double r = i.inverse_std.as<float>()[n * s.groups + g], count = static_cast<double>(s.rows * size);
      double mean_t = 0, m1 = 0, mean_v = 0, m2 = 0, mean_vt = 0;
      for (std::int64_t c = g * size; c < (g + 1) * size; ++c) {
        mean_t += gamma[c] * dys[c] / count;
        m1 += gamma[c] * dyxs[c] * r / count;
        mean_v += vs[c] / count;
        m2 += vxs[c] * r / count;
        mean_vt += gamma[c] * dyvs[c] / count;
      }
      const double of_xhat = mean_vt - mean_v * mean_t - 3 * m1 * m2;
      for (std::int64_t c = g * size; c < (g + 1) * size; ++c) {
        push_v[c] = static_cast<float>(gamma[c] * r);
        push[c] = static_cast<float>(-gamma[c] * r * mean_v);
        push_x[c] = static_cast<float>(-gamma[c] * r * r * m2);
        bend_dy[c] = static_cast<float>(-r * r * m2 * gamma[c]);
        bend_v[c] = static_cast<float>(-r * r * m1);
        bend[c] = static_cast<float>(r * r * (m1 * mean_v + m2 * mean_t));
        bend_x[c] = static_cast<float>(-r * r * r * of_xhat);
        dgamma[c] += r * (dyvs[c] - mean_v * dys[c] - m2 * r * dyxs[c]);
      }
    }
    distribute_columns(x, v, i.pushed.as<float>() + first, channels, work.rows(), mean, push_v, push, push_x);
    combine_columns(x, dy, v, i.second_order.as<float>() + first, channels, work.rows(), mean, bend_dy, bend_v, bend,
                    bend_x);
  });
  if (i.mode != ParamGrad::Skip) put(i.dgamma, all_doubles, work.workers(), doubles, i.mode);
}

}  // namespace gan
