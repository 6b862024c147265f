// The apply half of batch normalisation: every element, given the statistics of its channel.
#pragma once

#include <cstdint>

#include "kernels/core/contract/channel_rows.h"
#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/reduce.cuh"

namespace gan {

/// Map over (rows, channels): y = (x - mean) scale + beta. The subtraction comes first: x scale + (beta - mean scale) would lose what a large mean
/// hides.
template <class T>
struct Normalise {
  const T* x;
  const float* gamma;
  const float* beta;
  const float* mean;
  const float* spread;  // inverse_std where it is known, else the variance
  T* y;
  std::int64_t channels;
  float epsilon;
  bool spread_is_variance;

  template <int N>
  struct Writer {
    const T* x;
    T* y;
    std::int64_t channels;
    Floats<N> mean, scale, beta;

    template <int kRows>
    __device__ __forceinline__ void write(std::int64_t row, std::int64_t step) const {
      Floats<N> value[kRows];
#pragma unroll
      for (int j = 0; j < kRows; ++j) value[j] = load<N>(x + (row + j * step) * channels);
#pragma unroll
      for (int j = 0; j < kRows; ++j) {
#pragma unroll
        for (int k = 0; k < N; ++k)
          value[j].value[k] = (value[j].value[k] - mean.value[k]) * scale.value[k] + beta.value[k];
        store(y + (row + j * step) * channels, value[j]);
      }
    }
  };

  template <int N>
  __device__ __forceinline__ Writer<N> at(int column) const {
    const int channel = column * N;
    Floats<N> scale = load<N>(spread + channel);
    const Floats<N> gammas = load<N>(gamma + channel);
#pragma unroll
    for (int k = 0; k < N; ++k) {
      const float inverse_std = spread_is_variance ? 1.0f / sqrtf(scale.value[k] + epsilon) : scale.value[k];
      scale.value[k] = gammas.value[k] * inverse_std;
    }
    return {x + channel, y + channel, channels, load<N>(mean + channel), scale, load<N>(beta + channel)};
  }

  void launch_on(const ChannelRows& view, CudaDevice& device) const {
    map_columns(view.rows, view.channels, vector_width(view.channels, x, gamma, beta, mean, spread, y), *this,
                device.stream());
  }
};

}  // namespace gan
