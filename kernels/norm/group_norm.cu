// Group normalisation over (N, rows, C), C being the last axis: the forward.
//
//   mean, variance over a sample's rows and a group's channels; y = gamma (x - mean) inverse_std + beta
//   traffic: x read twice, y written (12 bytes an element in f32), and moments of every (sample, slice, channel)
//   launch: a reduction over each sample's rows, a fold of channels into groups (unless every channel is one and not
//   sliced), and a map: sample_columns.cuh
//   variance: by the rule of Chan, Golub & LeVeque 1983, see batch_statistics.cuh
//   determinism: sample_columns.cuh
#include "kernels/norm/group_norm.h"

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/norm/batch_statistics.cuh"
#include "kernels/norm/normalise.cuh"
#include "kernels/norm/sample_columns.cuh"

namespace gan {

namespace {

/// Source of the reduction: the moments of every channel of x(samples, rows, channels).
template <class T>
struct MeasureSamples {
  using State = Moments;
  static constexpr int kRowsAtOnce = 4;
  const T* x;
  std::int64_t rows, channels;

  template <int N>
  __device__ __forceinline__ auto at(std::int64_t sample, int column) const {
    return typename MeasureRows<T>::template Reader<N>{x + sample * rows * channels + column * N, channels};
  }
};

/// What the map and the backward need of a group.
struct StoreGroup {
  float* mean;
  float* inverse_std;
  float epsilon;

  __device__ __forceinline__ void operator()(const Moments& state, std::int64_t group) const {
    mean[group] = state.mean;
    inverse_std[group] = 1.0f / sqrtf(state.m2 / state.count + epsilon);
  }
};

/// Finish of the reduction where a channel is a group and has one slice.
struct StoreChannelAsGroup {
  StoreGroup store;
  std::int64_t channels;

  __device__ __forceinline__ void operator()(const Moments& state, std::int64_t sample, int, int channel) const {
    store(state, sample * channels + channel);
  }
};

/// Moments are merged as they are.
struct Unweighted {
  __device__ __forceinline__ Moments operator()(const Moments& state, int) const { return state; }
};

/// Map: y = (x - mean) scale + beta.
template <class T>
struct NormaliseSamples {
  static constexpr int kRowsAtOnce = 4;
  const T* x;
  const float* gamma;
  const float* beta;
  const float* mean;
  const float* inverse_std;
  T* y;
  std::int64_t rows, channels;
  ChannelGroups groups;

  template <int N>
  __device__ __forceinline__ auto at(std::int64_t sample, int column) const {
    const int channel = column * N;
    const std::int64_t first = sample * rows * channels + channel;
    Floats<N> center, scale = load<N>(gamma + channel);
#pragma unroll
    for (int k = 0; k < N; ++k) {
      const std::int64_t group = groups.of(sample, channel + k);
      center.value[k] = mean[group];
      scale.value[k] *= inverse_std[group];
    }
    return typename Normalise<T>::template Writer<N>{x + first, y + first, channels,
                                                     center,    scale,     load<N>(beta + channel)};
  }
};

}  // namespace

void run(const GroupNormForward& i, CudaDevice& device) {
  const GroupNormShape s = group_norm_shape(i.x.shape, i.groups);
  const ChannelGroups groups{.groups = static_cast<int>(i.groups), .size = static_cast<int>(s.channels / i.groups)};
  const StoreGroup store{i.mean.as<float>(), i.inverse_std.as<float>(), i.epsilon};
  with_storage(i.kName, i.x.dtype, [&](auto storage) {
    using T = decltype(storage);
    const MeasureSamples<T> source{i.x.as<T>(), s.rows, s.channels};
    const int width = vector_width(s.channels, source.x);
    const SampleGrid grid = sample_reduction_grid(s.samples, s.rows, s.channels, width);
    if (groups.size == 1 && grid.slices == 1) {
      reduce_samples(grid, width, source, StoreChannelAsGroup{store, s.channels}, device.stream());
    } else {
      const SliceStates<Moments> states{reinterpret_cast<Moments*>(i.workspace.as<float>()), grid.slices, s.channels};
      reduce_samples(grid, width, source, StoreSlice<Moments>{states}, device.stream());
      fold_groups(s.samples, states, groups, Unweighted{}, store, device.stream());
    }
    const NormaliseSamples<T> map{.x = i.x.as<T>(),
                                  .gamma = i.gamma.as<float>(),
                                  .beta = i.beta.as<float>(),
                                  .mean = i.mean.as<float>(),
                                  .inverse_std = i.inverse_std.as<float>(),
                                  .y = i.y.as<T>(),
                                  .rows = s.rows,
                                  .channels = s.channels,
                                  .groups = groups};
    map_samples(s.samples, s.rows, s.channels, vector_width(s.channels, map.x, map.gamma, map.beta, map.y), map,
                device.stream());
  });
}

}  // namespace gan
