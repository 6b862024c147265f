// The backward of group normalisation's backward over (N, rows, C), C being the last axis.
//
//   with the letters of group_norm.h, t = gamma dy and all means over a group:
//     pushed       = gamma r (v - mean(v) - xhat m2)
//     second_order = -r^2 (m1 (v - mean(v)) + m2 (t - mean(t)) + xhat (mean(v t) - mean(v) mean(t) - 3 m1 m2))
//     dgamma       = sum dy r (v - mean(v) - xhat m2)
//   traffic: x, dy, v read twice, two results written (32 bytes an element in f32), and five sums of every
//   (sample, slice, channel)
//   launch: a reduction over each sample's rows, a fold of channels into groups, where dgamma is wanted a reduction of the
//   sums over the samples (core/cuda/reduce.cuh), and a map: sample_columns.cuh
//   determinism: sample_columns.cuh, core/cuda/reduce.cuh
#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/fast_divisor.h"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/norm/group_norm.h"
#include "kernels/norm/sample_columns.cuh"

namespace gan {

namespace {

/// Sums over rows; `dy_x` and `v_x` of products with x - mean.
struct TangentSums {
  float dy, dy_x, v, v_x, dy_v;

  __device__ __forceinline__ void merge(const TangentSums& other) {
    dy += other.dy;
    dy_x += other.dy_x;
    v += other.v;
    v_x += other.v_x;
    dy_v += other.dy_v;
  }
};

/// Source of the reduction.
template <class T>
struct SumTangents {
  using State = TangentSums;
  static constexpr int kRowsAtOnce = 2;  // three loads each, and twenty sums: more would not stay in registers
  const T* x;
  const T* dy;
  const T* v;
  const float* mean;
  std::int64_t rows, channels;
  ChannelGroups groups;

  template <int N>
  struct Reader {
    const T* x;
    const T* dy;
    const T* v;
    std::int64_t channels;
    Floats<N> mean;

    template <int kRows>
    __device__ __forceinline__ void add(TangentSums (&state)[N], std::int64_t row, std::int64_t step) const {
      Floats<N> value[kRows], gradient[kRows], tangent[kRows];
#pragma unroll
      for (int j = 0; j < kRows; ++j) {
        const std::int64_t at = (row + j * step) * channels;
        value[j] = load<N>(x + at);
        gradient[j] = load<N>(dy + at);
        tangent[j] = load<N>(v + at);
      }
#pragma unroll
      for (int j = 0; j < kRows; ++j)
#pragma unroll
        for (int k = 0; k < N; ++k) {
          const float deviation = value[j].value[k] - mean.value[k];
          state[k].dy += gradient[j].value[k];
          state[k].dy_x += gradient[j].value[k] * deviation;
          state[k].v += tangent[j].value[k];
          state[k].v_x += tangent[j].value[k] * deviation;
          state[k].dy_v += gradient[j].value[k] * tangent[j].value[k];
        }
    }
  };

  template <int N>
  __device__ __forceinline__ Reader<N> at(std::int64_t sample, int column) const {
    const std::int64_t first = sample * rows * channels + column * N;
    Reader<N> reader{x + first, dy + first, v + first, channels, {}};
#pragma unroll
    for (int k = 0; k < N; ++k) reader.mean.value[k] = mean[groups.of(sample, column * N + k)];
    return reader;
  }
};

/// t = gamma dy.
struct WeighTangents {
  const float* gamma;

  __device__ __forceinline__ TangentSums operator()(const TangentSums& sums, int channel) const {
    const float weight = gamma[channel];
    return {weight * sums.dy, weight * sums.dy_x, sums.v, sums.v_x, weight * sums.dy_v};
  }
};

/// What the results need of a group.
struct TangentMeans {
  float t, m1, v, m2;
  float bend;  // mean(v t) - mean(v) mean(t) - 3 m1 m2
};

struct StoreTangentMeans {
  const float* inverse_std;
  TangentMeans* means;
  float count;  // of a group

  __device__ __forceinline__ void operator()(const TangentSums& sums, std::int64_t group) const {
    const float r = inverse_std[group];
    TangentMeans made{sums.dy / count, sums.dy_x * r / count, sums.v / count, sums.v_x * r / count, 0.0f};
    made.bend = (sums.dy_v / count - made.v * made.t) - 3.0f * made.m1 * made.m2;
    means[group] = made;
  }
};

/// A sum that reduce_columns() can merge.
struct GammaGradient {
  float sum;

  __device__ __forceinline__ void merge(const GammaGradient& other) { sum += other.sum; }
};

/// Source of the reduction over samples: a channel's dgamma, from the sums of one slice after the other.
struct SumGammaOverSamples {
  using State = GammaGradient;
  SliceStates<TangentSums> sums;
  const float* inverse_std;
  const TangentMeans* means;
  ChannelGroups groups;
  FastDivisor slices;

  struct Reader {
    SliceStates<TangentSums> sums;
    const float* inverse_std;
    const TangentMeans* means;
    ChannelGroups groups;
    FastDivisor slices;
    int channel;

    template <int kRows>
    __device__ __forceinline__ void add(GammaGradient (&state)[1], std::int64_t row, std::int64_t step) const {
#pragma unroll
      for (int j = 0; j < kRows; ++j) {
        std::uint32_t sample, slice;
        slices.divide(static_cast<std::uint32_t>(row + j * step), sample, slice);
        const TangentSums taken = sums.at(sample, static_cast<int>(slice), channel);
        const std::int64_t group = groups.of(sample, channel);
        const float r = inverse_std[group];
        const TangentMeans& of_group = means[group];
        state[0].sum += r * (taken.dy_v - of_group.v * taken.dy - of_group.m2 * r * taken.dy_x);
      }
    }
  };

  template <int N>
  __device__ __forceinline__ Reader at(int column) const {
    static_assert(N == 1, "sums are added up channel by channel");
    return {sums, inverse_std, means, groups, slices, column};
  }
};

/// Its finish.
struct StoreGammaGradient {
  float* dgamma;
  bool accumulate;

  __device__ __forceinline__ void operator()(const GammaGradient& gradient, int channel, int) const {
    dgamma[channel] = accumulate ? dgamma[channel] + gradient.sum : gradient.sum;
  }
};

/// Map: both results.
template <class T>
struct PushTangents {
  static constexpr int kRowsAtOnce = 2;
  const T* x;
  const T* dy;
  const T* v;
  const float* gamma;
  const float* mean;
  const float* inverse_std;
  const TangentMeans* means;
  T* pushed;
  T* second_order;
  std::int64_t rows, channels;
  ChannelGroups groups;

  template <int N>
  struct Writer {
    const T* x;
    const T* dy;
    const T* v;
    T* pushed;
    T* second_order;
    std::int64_t channels;
    Floats<N> gamma, mean, inverse_std;
    TangentMeans means[N];

    template <int kRows>
    __device__ __forceinline__ void write(std::int64_t row, std::int64_t step) const {
      Floats<N> value[kRows], gradient[kRows], tangent[kRows];
#pragma unroll
      for (int j = 0; j < kRows; ++j) {
        const std::int64_t at = (row + j * step) * channels;
        value[j] = load<N>(x + at);
        gradient[j] = load<N>(dy + at);
        tangent[j] = load<N>(v + at);
      }
#pragma unroll
      for (int j = 0; j < kRows; ++j) {
        Floats<N> out, bent;
#pragma unroll
        for (int k = 0; k < N; ++k) {
          const TangentMeans& m = means[k];
          const float r = inverse_std.value[k], xhat = (value[j].value[k] - mean.value[k]) * r;
          const float v_off = tangent[j].value[k] - m.v, t_off = gamma.value[k] * gradient[j].value[k] - m.t;
          out.value[k] = gamma.value[k] * r * (v_off - xhat * m.m2);
          bent.value[k] = -r * r * (m.m1 * v_off + m.m2 * t_off + xhat * m.bend);
        }
        store(pushed + (row + j * step) * channels, out);
        store(second_order + (row + j * step) * channels, bent);
      }
    }
  };

  template <int N>
  __device__ __forceinline__ Writer<N> at(std::int64_t sample, int column) const {
    const int channel = column * N;
    const std::int64_t first = sample * rows * channels + channel;
    Writer<N> writer{
        x + first, dy + first, v + first, pushed + first, second_order + first, channels, load<N>(gamma + channel),
        {},        {},         {}};
#pragma unroll
    for (int k = 0; k < N; ++k) {
      const std::int64_t group = groups.of(sample, channel + k);
      writer.mean.value[k] = mean[group];
      writer.inverse_std.value[k] = inverse_std[group];
      writer.means[k] = means[group];
    }
    return writer;
  }
};

}  // namespace

void run(const GroupNormTangent& i, CudaDevice& device) {
  const GroupNormShape s = group_norm_shape(i.x.shape, i.groups);
  const ChannelGroups groups{.groups = static_cast<int>(i.groups), .size = static_cast<int>(s.channels / i.groups)};
  const float* const inverse_std = i.inverse_std.as<float>();
  TangentMeans* const means = reinterpret_cast<TangentMeans*>(i.workspace.as<float>());
  TangentSums* const sums = reinterpret_cast<TangentSums*>(means + s.samples * i.groups);
  with_storage(i.kName, i.x.dtype, [&](auto storage) {
    using T = decltype(storage);
    const SumTangents<T> source{i.x.as<T>(), i.dy.as<T>(), i.v.as<T>(), i.mean.as<float>(), s.rows, s.channels, groups};
    const int width = vector_width(s.channels, source.x, source.dy, source.v);
    const SampleGrid grid = sample_reduction_grid(s.samples, s.rows, s.channels, width);
    const SliceStates<TangentSums> states{sums, grid.slices, s.channels};
    reduce_samples(grid, width, source, StoreSlice<TangentSums>{states}, device.stream());
    fold_groups(s.samples, states, groups, WeighTangents{i.gamma.as<float>()},
                StoreTangentMeans{inverse_std, means, static_cast<float>(s.rows * groups.size)}, device.stream());
    if (i.mode != ParamGrad::Skip) {
      const std::int64_t slices = s.samples * grid.slices;
      const StoreGammaGradient finish{i.dgamma.as<float>(), i.mode == ParamGrad::Accumulate};
      reduce_columns<1>(slices, s.channels,
                        SumGammaOverSamples{states, inverse_std, means, groups, FastDivisor(grid.slices)}, finish,
                        reinterpret_cast<float*>(sums + slices * s.channels), device.stream());
    }
    const PushTangents<T> map{.x = i.x.as<T>(),
                              .dy = i.dy.as<T>(),
                              .v = i.v.as<T>(),
                              .gamma = i.gamma.as<float>(),
                              .mean = i.mean.as<float>(),
                              .inverse_std = inverse_std,
                              .means = means,
                              .pushed = i.pushed.as<T>(),
                              .second_order = i.second_order.as<T>(),
                              .rows = s.rows,
                              .channels = s.channels,
                              .groups = groups};
    map_samples(s.samples, s.rows, s.channels,
                vector_width(s.channels, map.x, map.dy, map.v, map.gamma, map.pushed, map.second_order), map,
                device.stream());
  });
}

}  // namespace gan
