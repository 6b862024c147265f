// The statistics half of batch normalisation: mean and variance of every channel, in a form that parts of the rows can
// be measured in and merged, whoever reads them: the kernel of reduce.cuh, or a convolution that has them at hand.
//
// Variance: a thread takes four rows at a time, their mean and squared deviations from it in two passes over registers,
// and merges that into (count, mean, m2) by the rule of Chan, Golub & LeVeque 1983 (equations 2.1), as threads and
// slices are merged afterwards. Nothing is lost however large the mean is beside the deviation.
// report: StoreStatistics uncoalesced: partial moments are three words, loaded one by one from sectors that L1 keeps
#pragma once

#include <cstdint>

#include "kernels/core/cuda/reduce.cuh"

namespace gan {

/// Count, mean and sum of squared deviations from it.
struct Moments {
  float count, mean, m2;

  __device__ __forceinline__ void merge(const Moments& other) {
    const float total = count + other.count;
    if (total == 0.0f) return;
    const float delta = other.mean - mean,
                share = __fdividef(other.count, total);  // two units in the last place are enough
    mean += delta * share;
    m2 += other.m2 + delta * delta * (count * share);
    count = total;
  }
};

/// Source of a reduction (reduce.cuh): the moments of every channel of x(rows, channels).
template <class T>
struct MeasureRows {
  using State = Moments;
  const T* x;
  std::int64_t channels;

  template <int N>
  struct Reader {
    const T* x;
    std::int64_t channels;

    template <int kRows>
    __device__ __forceinline__ void add(Moments (&state)[N], std::int64_t row, std::int64_t step) const {
      Floats<N> value[kRows];
#pragma unroll
      for (int j = 0; j < kRows; ++j) value[j] = load<N>(x + (row + j * step) * channels);
#pragma unroll
      for (int k = 0; k < N; ++k) {
        Moments taken{kRows, 0.0f, 0.0f};
#pragma unroll
        for (int j = 0; j < kRows; ++j) taken.mean += value[j].value[k];
        taken.mean /= kRows;
#pragma unroll
        for (int j = 0; j < kRows; ++j) {
          const float deviation = value[j].value[k] - taken.mean;
          taken.m2 += deviation * deviation;
        }
        state[k].merge(taken);
      }
    }
  };

  template <int N>
  __device__ __forceinline__ Reader<N> at(int column) const {
    return {x + column * N, channels};
  }
};

/// Finish of that reduction: what the backward needs, and the running statistics.
struct StoreStatistics {
  float* mean;
  float* inverse_std;
  float* running_mean;  // null: none are kept
  float* running_variance;
  float epsilon, momentum;

  __device__ __forceinline__ void operator()(const Moments& state, int channel, int) const {
    mean[channel] = state.mean;
    inverse_std[channel] = 1.0f / sqrtf(state.m2 / state.count + epsilon);
    if (running_mean == nullptr) return;
    const float unbiased = state.m2 / (state.count - 1.0f);
    // With momentum 1 nothing is left of what was there, not even its rounding: a calibration starts afresh.
    running_mean[channel] = (1.0f - momentum) * running_mean[channel] + momentum * state.mean;
    running_variance[channel] = (1.0f - momentum) * running_variance[channel] + momentum * unbiased;
  }
};

}  // namespace gan
