// The gradient of group normalisation over (N, rows, C), C being the last axis.
//
//   t = gamma dy, means over a group: dx = r (t - mean(t) - xhat mean(t xhat)); dbeta = sum dy, dgamma = sum dy xhat
//   traffic: x, dy read twice, dx written (20 bytes an element in f32), and two sums of every (sample, slice, channel)
//   launch: a reduction over each sample's rows, a fold of channels into groups, where parameter gradients are wanted a
//   reduction of the sums over the samples (core/cuda/reduce.cuh), and a map: sample_columns.cuh
//   determinism: sample_columns.cuh, core/cuda/reduce.cuh
#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/fast_divisor.h"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/norm/group_norm.h"
#include "kernels/norm/sample_columns.cuh"

namespace gan {

namespace {

/// Sums of a gradient g and of g (x - mean). Aligned to be moved in one access.
struct alignas(8) ProductSums {
  float gradient, product;

  __device__ __forceinline__ void merge(const ProductSums& other) {
    gradient += other.gradient;
    product += other.product;
  }
};

/// Source of the reduction: those of dy over the rows of every sample.
template <class T>
struct SumSamples {
  using State = ProductSums;
  static constexpr int kRowsAtOnce = 4;
  const T* x;
  const T* dy;
  const float* mean;
  std::int64_t rows, channels;
  ChannelGroups groups;

  template <int N>
  struct Reader {
    const T* x;
    const T* dy;
    std::int64_t channels;
    Floats<N> mean;

    template <int kRows>
    __device__ __forceinline__ void add(ProductSums (&state)[N], std::int64_t row, std::int64_t step) const {
      Floats<N> value[kRows], gradient[kRows];
#pragma unroll
      for (int j = 0; j < kRows; ++j) {
        value[j] = load<N>(x + (row + j * step) * channels);
        gradient[j] = load<N>(dy + (row + j * step) * channels);
      }
#pragma unroll
      for (int j = 0; j < kRows; ++j)
#pragma unroll
        for (int k = 0; k < N; ++k) {
          state[k].gradient += gradient[j].value[k];
          state[k].product += gradient[j].value[k] * (value[j].value[k] - mean.value[k]);
        }
    }
  };

  template <int N>
  __device__ __forceinline__ Reader<N> at(std::int64_t sample, int column) const {
    const std::int64_t first = sample * rows * channels + column * N;
    Reader<N> reader{x + first, dy + first, channels, {}};
#pragma unroll
    for (int k = 0; k < N; ++k) reader.mean.value[k] = mean[groups.of(sample, column * N + k)];
    return reader;
  }
};

/// t = gamma dy.
struct WeighByGamma {
  const float* gamma;

  __device__ __forceinline__ ProductSums operator()(const ProductSums& sums, int channel) const {
    return {gamma[channel] * sums.gradient, gamma[channel] * sums.product};
  }
};

/// mean(t) and mean(t xhat) of a group.
struct alignas(8) GroupMeans {
  float t, product;
};

struct StoreMeans {
  const float* inverse_std;
  GroupMeans* means;
  float count;  // of a group

  __device__ __forceinline__ void operator()(const ProductSums& sums, std::int64_t group) const {
    means[group] = {sums.gradient / count, sums.product * inverse_std[group] / count};
  }
};

/// Source of the reduction over samples: a channel's dbeta and dgamma, from the sums of one slice after the other.
struct SumOverSamples {
  using State = ProductSums;
  SliceStates<ProductSums> sums;
  const float* inverse_std;
  ChannelGroups groups;
  FastDivisor slices;

  struct Reader {
    SliceStates<ProductSums> sums;
    const float* inverse_std;
    ChannelGroups groups;
    FastDivisor slices;
    int channel;

    template <int kRows>
    __device__ __forceinline__ void add(ProductSums (&state)[1], std::int64_t row, std::int64_t step) const {
#pragma unroll
      for (int j = 0; j < kRows; ++j) {
        std::uint32_t sample, slice;
        slices.divide(static_cast<std::uint32_t>(row + j * step), sample, slice);
        const ProductSums taken = sums.at(sample, static_cast<int>(slice), channel);
        state[0].gradient += taken.gradient;
        state[0].product += taken.product * inverse_std[groups.of(sample, channel)];
      }
    }
  };

  template <int N>
  __device__ __forceinline__ Reader at(int column) const {
    static_assert(N == 1, "sums are added up channel by channel");
    return {sums, inverse_std, groups, slices, column};
  }
};

/// Its finish.
struct StoreChannelGradients {
  float* dgamma;
  float* dbeta;
  bool accumulate;

  __device__ __forceinline__ void operator()(const ProductSums& sums, int channel, int) const {
    dgamma[channel] = accumulate ? dgamma[channel] + sums.product : sums.product;
    dbeta[channel] = accumulate ? dbeta[channel] + sums.gradient : sums.gradient;
  }
};

/// Map: dx = scale dy - shift - (x - mean) slope.
template <class T>
struct DistributeToSamples {
  static constexpr int kRowsAtOnce = 4;
  const T* x;
  const T* dy;
  const float* gamma;
  const float* mean;
  const float* inverse_std;
  const GroupMeans* means;
  T* dx;
  std::int64_t rows, channels;
  ChannelGroups groups;

  template <int N>
  struct Writer {
    const T* x;
    const T* dy;
    T* dx;
    std::int64_t channels;
    Floats<N> mean, gamma, mean_t, slope, inverse_std;

    template <int kRows>
    __device__ __forceinline__ void write(std::int64_t row, std::int64_t step) const {
      Floats<N> value[kRows], gradient[kRows];
#pragma unroll
      for (int j = 0; j < kRows; ++j) {
        value[j] = load<N>(x + (row + j * step) * channels);
        gradient[j] = load<N>(dy + (row + j * step) * channels);
      }
#pragma unroll
      for (int j = 0; j < kRows; ++j) {
#pragma unroll
        for (int k = 0; k < N; ++k)
          gradient[j].value[k] = inverse_std.value[k] * ((gamma.value[k] * gradient[j].value[k] - mean_t.value[k]) -
                                                         (value[j].value[k] - mean.value[k]) * slope.value[k]);
        store(dx + (row + j * step) * channels, gradient[j]);
      }
    }
  };

  template <int N>
  __device__ __forceinline__ Writer<N> at(std::int64_t sample, int column) const {
    const int channel = column * N;
    const std::int64_t first = sample * rows * channels + channel;
    Writer<N> writer{x + first, dy + first, dx + first, channels, {}, load<N>(gamma + channel), {}, {}, {}};
#pragma unroll
    for (int k = 0; k < N; ++k) {
      const std::int64_t group = groups.of(sample, channel + k);
      const float r = inverse_std[group];
      const GroupMeans of_group = means[group];
      writer.mean.value[k] = mean[group];
      writer.mean_t.value[k] = of_group.t;
      writer.slope.value[k] = of_group.product * r;
      writer.inverse_std.value[k] = r;
    }
    return writer;
  }
};

}  // namespace

void run(const GroupNormBackward& i, CudaDevice& device) {
  const GroupNormShape s = group_norm_shape(i.x.shape, i.groups);
  const ChannelGroups groups{.groups = static_cast<int>(i.groups), .size = static_cast<int>(s.channels / i.groups)};
  const float* const inverse_std = i.inverse_std.as<float>();
  GroupMeans* const means = reinterpret_cast<GroupMeans*>(i.workspace.as<float>());
  ProductSums* const sums = reinterpret_cast<ProductSums*>(means + s.samples * i.groups);
  with_storage(i.kName, i.x.dtype, [&](auto storage) {
    using T = decltype(storage);
    const SumSamples<T> source{i.x.as<T>(), i.dy.as<T>(), i.mean.as<float>(), s.rows, s.channels, groups};
    const int width = vector_width(s.channels, source.x, source.dy);
    const SampleGrid grid = sample_reduction_grid(s.samples, s.rows, s.channels, width);
    const SliceStates<ProductSums> states{sums, grid.slices, s.channels};
    reduce_samples(grid, width, source, StoreSlice<ProductSums>{states}, device.stream());
    fold_groups(s.samples, states, groups, WeighByGamma{i.gamma.as<float>()},
                StoreMeans{inverse_std, means, static_cast<float>(s.rows * groups.size)}, device.stream());
    if (i.mode != ParamGrad::Skip) {
      const std::int64_t slices = s.samples * grid.slices;
      const StoreChannelGradients finish{i.dgamma.as<float>(), i.dbeta.as<float>(), i.mode == ParamGrad::Accumulate};
      reduce_columns<1>(slices, s.channels, SumOverSamples{states, inverse_std, groups, FastDivisor(grid.slices)},
                        finish, reinterpret_cast<float*>(sums + slices * s.channels), device.stream());
    }
    const DistributeToSamples<T> map{.x = i.x.as<T>(),
                                     .dy = i.dy.as<T>(),
                                     .gamma = i.gamma.as<float>(),
                                     .mean = i.mean.as<float>(),
                                     .inverse_std = inverse_std,
                                     .means = means,
                                     .dx = i.dx.as<T>(),
                                     .rows = s.rows,
                                     .channels = s.channels,
                                     .groups = groups};
    map_samples(s.samples, s.rows, s.channels, vector_width(s.channels, map.x, map.dy, map.gamma, map.dx), map,
                device.stream());
  });
}

}  // namespace gan
