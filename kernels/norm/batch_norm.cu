// Batch normalisation over (rows, C), C being the last axis.
//
//   forward    mean, variance over the rows; y = gamma (x - mean) inverse_std + beta; running statistics
//              traffic: x read twice, y written (12 bytes an element), and partial statistics
//   backward   dbeta = sum dy, dgamma = sum dy xhat, dx = gamma inverse_std (dy - mean(dy) - xhat mean(dy xhat))
//              traffic: x, dy read twice, dx written (20 bytes an element), and partial sums
//   inference  y = gamma (x - running_mean) / sqrt(running_variance + epsilon) + beta: 8 bytes an element
//   launch and determinism: kernels/core/cuda/reduce.cuh. Forward and backward are a reduction (one or two launches) and a
//   map.
//
// Variance: a thread takes four rows at a time, their mean and squared deviations from it in two passes over registers,
// and merges that into (count, mean, m2) by the rule of Chan, Golub & LeVeque 1983 (equations 2.1), as threads and
// slices are merged afterwards. Nothing is lost however large the mean is beside the deviation.
#include "kernels/norm/batch_norm.h"

#include "kernels/core/contract/channel_rows.h"
#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/reduce.cuh"

namespace gan {

namespace {

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

/// Source of the forward's reduction: the moments of every channel of x.
struct MeasureRows {
  using State = Moments;
  const float* x;
  std::int64_t channels;

  template <int N>
  struct Reader {
    const float* x;
    std::int64_t channels;

    template <int kRows>
    __device__ __forceinline__ void add(Moments (&state)[N], std::int64_t row, std::int64_t step) const {
      Floats<N> value[kRows];
#pragma unroll
      for (int j = 0; j < kRows; ++j) value[j] = load_floats<N>(x + (row + j * step) * channels);
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

/// Finish of the forward's reduction.
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
    running_mean[channel] += momentum * (state.mean - running_mean[channel]);
    running_variance[channel] += momentum * (unbiased - running_variance[channel]);
  }
};

/// y = (x - mean) scale + beta. The subtraction comes first: x scale + (beta - mean scale) would lose what a large mean
/// hides.
struct Normalise {
  const float* x;
  const float* gamma;
  const float* beta;
  const float* mean;
  const float* spread;  // inverse_std where it is known, else the variance
  float* y;
  std::int64_t channels;
  float epsilon;
  bool spread_is_variance;

  template <int N>
  struct Writer {
    const float* x;
    float* y;
    std::int64_t channels;
    Floats<N> mean, scale, beta;

    template <int kRows>
    __device__ __forceinline__ void write(std::int64_t row, std::int64_t step) const {
      Floats<N> value[kRows];
#pragma unroll
      for (int j = 0; j < kRows; ++j) value[j] = load_floats<N>(x + (row + j * step) * channels);
#pragma unroll
      for (int j = 0; j < kRows; ++j) {
#pragma unroll
        for (int k = 0; k < N; ++k)
          value[j].value[k] = (value[j].value[k] - mean.value[k]) * scale.value[k] + beta.value[k];
        store_floats<N>(y + (row + j * step) * channels, value[j]);
      }
    }
  };

  template <int N>
  __device__ __forceinline__ Writer<N> at(int column) const {
    const int channel = column * N;
    Floats<N> scale = load_floats<N>(spread + channel);
    const Floats<N> gammas = load_floats<N>(gamma + channel);
#pragma unroll
    for (int k = 0; k < N; ++k) {
      const float inverse_std = spread_is_variance ? 1.0f / sqrtf(scale.value[k] + epsilon) : scale.value[k];
      scale.value[k] = gammas.value[k] * inverse_std;
    }
    return {x + channel, y + channel, channels, load_floats<N>(mean + channel), scale, load_floats<N>(beta + channel)};
  }

  void launch_on(const ChannelRows& view, CudaDevice& device) const {
    map_columns(view.rows, view.channels, vector_width(view.channels, x, gamma, beta, mean, spread, y), *this,
                device.stream());
  }
};

/// Sums over the rows of dy and of dy (x - mean).
struct GradientSums {
  float dy, product;

  __device__ __forceinline__ void merge(const GradientSums& other) {
    dy += other.dy;
    product += other.product;
  }
};

/// Source of the backward's reduction.
struct SumGradients {
  using State = GradientSums;
  const float* x;
  const float* dy;
  const float* mean;
  std::int64_t channels;

  template <int N>
  struct Reader {
    const float* x;
    const float* dy;
    std::int64_t channels;
    Floats<N> mean;

    template <int kRows>
    __device__ __forceinline__ void add(GradientSums (&state)[N], std::int64_t row, std::int64_t step) const {
      Floats<N> value[kRows], gradient[kRows];
#pragma unroll
      for (int j = 0; j < kRows; ++j) {
        value[j] = load_floats<N>(x + (row + j * step) * channels);
        gradient[j] = load_floats<N>(dy + (row + j * step) * channels);
      }
#pragma unroll
      for (int j = 0; j < kRows; ++j)
#pragma unroll
        for (int k = 0; k < N; ++k) {
          state[k].dy += gradient[j].value[k];
          state[k].product += gradient[j].value[k] * (value[j].value[k] - mean.value[k]);
        }
    }
  };

  template <int N>
  __device__ __forceinline__ Reader<N> at(int column) const {
    return {x + column * N, dy + column * N, channels, load_floats<N>(mean + column * N)};
  }
};

/// dgamma, dbeta, and what dx needs: mean_dy = mean(dy) and mean_product = mean(dy xhat).
struct StoreGradients {
  const float* inverse_std;
  float* mean_dy;
  float* mean_product;
  float* dgamma;  // null: not wanted
  float* dbeta;
  float rows;
  bool accumulate;

  __device__ __forceinline__ void operator()(const GradientSums& state, int channel, int) const {
    const float sum_product = state.product * inverse_std[channel];
    mean_dy[channel] = state.dy / rows;
    mean_product[channel] = sum_product / rows;
    if (dgamma == nullptr) return;
    dgamma[channel] = accumulate ? dgamma[channel] + sum_product : sum_product;
    dbeta[channel] = accumulate ? dbeta[channel] + state.dy : state.dy;
  }
};

/// dx = gamma inverse_std (dy - mean_dy - xhat mean_product).
struct DistributeGradient {
  const float* x;
  const float* dy;
  const float* gamma;
  const float* mean;
  const float* inverse_std;
  const float* mean_dy;
  const float* mean_product;
  float* dx;
  std::int64_t channels;

  template <int N>
  struct Writer {
    const float* x;
    const float* dy;
    float* dx;
    std::int64_t channels;
    Floats<N> mean, mean_dy, slope, scale;  // dx = scale (dy - mean_dy - (x - mean) slope)

    template <int kRows>
    __device__ __forceinline__ void write(std::int64_t row, std::int64_t step) const {
      Floats<N> value[kRows], gradient[kRows];
#pragma unroll
      for (int j = 0; j < kRows; ++j) {
        value[j] = load_floats<N>(x + (row + j * step) * channels);
        gradient[j] = load_floats<N>(dy + (row + j * step) * channels);
      }
#pragma unroll
      for (int j = 0; j < kRows; ++j) {
#pragma unroll
        for (int k = 0; k < N; ++k)
          gradient[j].value[k] = scale.value[k] * ((gradient[j].value[k] - mean_dy.value[k]) -
                                                   (value[j].value[k] - mean.value[k]) * slope.value[k]);
        store_floats<N>(dx + (row + j * step) * channels, gradient[j]);
      }
    }
  };

  template <int N>
  __device__ __forceinline__ Writer<N> at(int column) const {
    const int channel = column * N;
    Floats<N> slope = load_floats<N>(mean_product + channel), scale = load_floats<N>(gamma + channel);
    const Floats<N> inverse_stds = load_floats<N>(inverse_std + channel);
#pragma unroll
    for (int k = 0; k < N; ++k) {
      slope.value[k] *= inverse_stds.value[k];
      scale.value[k] *= inverse_stds.value[k];
    }
    return {x + channel,
            dy + channel,
            dx + channel,
            channels,
            load_floats<N>(mean + channel),
            load_floats<N>(mean_dy + channel),
            slope,
            scale};
  }
};

}  // namespace

void run(const BatchNormForward& i, CudaDevice& device) {
  const ChannelRows view = channel_rows(i.x.shape);
  const MeasureRows source{i.x.as<float>(), view.channels};
  const StoreStatistics finish{i.mean.as<float>(),
                               i.inverse_std.as<float>(),
                               i.running_mean.as<float>(),
                               i.running_variance.as<float>(),
                               i.epsilon,
                               i.momentum};
  reduce_columns(view.rows, view.channels, vector_width(view.channels, source.x), source, finish,
                 i.workspace.as<float>(), device.stream());
  const Normalise map{.x = i.x.as<float>(),
                      .gamma = i.gamma.as<float>(),
                      .beta = i.beta.as<float>(),
                      .mean = i.mean.as<float>(),
                      .spread = i.inverse_std.as<float>(),
                      .y = i.y.as<float>(),
                      .channels = view.channels,
                      .epsilon = i.epsilon,
                      .spread_is_variance = false};
  map.launch_on(view, device);
}

void run(const BatchNormBackward& i, CudaDevice& device) {
  const auto [rows, channels] = channel_rows(i.x.shape);
  float* mean_dy = i.workspace.as<float>();
  float* mean_product = mean_dy + channels;
  float* partial = mean_product + channels;
  const SumGradients source{i.x.as<float>(), i.dy.as<float>(), i.mean.as<float>(), channels};
  const StoreGradients finish{.inverse_std = i.inverse_std.as<float>(),
                              .mean_dy = mean_dy,
                              .mean_product = mean_product,
                              .dgamma = i.dgamma.as<float>(),
                              .dbeta = i.dbeta.as<float>(),
                              .rows = static_cast<float>(rows),
                              .accumulate = i.mode == ParamGrad::Accumulate};
  reduce_columns(rows, channels, vector_width(channels, source.x, source.dy, source.mean), source, finish, partial,
                 device.stream());
  const DistributeGradient map{.x = i.x.as<float>(),
                               .dy = i.dy.as<float>(),
                               .gamma = i.gamma.as<float>(),
                               .mean = i.mean.as<float>(),
                               .inverse_std = i.inverse_std.as<float>(),
                               .mean_dy = mean_dy,
                               .mean_product = mean_product,
                               .dx = i.dx.as<float>(),
                               .channels = channels};
  map_columns(rows, channels,
              vector_width(channels, map.x, map.dy, map.gamma, map.mean, map.inverse_std, map.mean_dy, map.mean_product,
                           map.dx),
              map, device.stream());
}

void run(const BatchNormInference& i, CudaDevice& device) {
  const ChannelRows view = channel_rows(i.x.shape);
  const Normalise map{.x = i.x.as<float>(),
                      .gamma = i.gamma.as<float>(),
                      .beta = i.beta.as<float>(),
                      .mean = i.running_mean.as<float>(),
                      .spread = i.running_variance.as<float>(),
                      .y = i.y.as<float>(),
                      .channels = view.channels,
                      .epsilon = i.epsilon,
                      .spread_is_variance = true};
  map.launch_on(view, device);
}

}  // namespace gan
