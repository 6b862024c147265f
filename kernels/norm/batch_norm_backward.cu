// The gradient of batch normalisation over (rows, C), C being the last axis.
//
//   dbeta = sum dy, dgamma = sum dy xhat, dx = gamma inverse_std (dy - mean(dy) - xhat mean(dy xhat))
//   traffic: x, dy read twice, dx written (20 bytes an element in f32), and partial sums
//   launch and determinism: kernels/core/cuda/reduce.cuh: a reduction (one or two launches) and a map
#include "kernels/core/contract/channel_rows.h"
#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/norm/batch_norm.h"

namespace gan {

namespace {

/// Sums over the rows of dy and of dy (x - mean). Aligned to be moved in one access: two of a word each would find the
/// states of neighbouring threads in the same banks of shared memory, and take every sector of global memory twice.
struct alignas(8) GradientSums {
  float dy, product;

  __device__ __forceinline__ void merge(const GradientSums& other) {
    dy += other.dy;
    product += other.product;
  }
};

/// Source of the reduction.
template <class T>
struct SumGradients {
  using State = GradientSums;
  const T* x;
  const T* dy;
  const float* mean;
  std::int64_t channels;

  template <int N>
  struct Reader {
    const T* x;
    const T* dy;
    std::int64_t channels;
    Floats<N> mean;

    template <int kRows>
    __device__ __forceinline__ void add(GradientSums (&state)[N], std::int64_t row, std::int64_t step) const {
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
          state[k].dy += gradient[j].value[k];
          state[k].product += gradient[j].value[k] * (value[j].value[k] - mean.value[k]);
        }
    }
  };

  template <int N>
  __device__ __forceinline__ Reader<N> at(int column) const {
    return {x + column * N, dy + column * N, channels, load<N>(mean + column * N)};
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
template <class T>
struct DistributeGradient {
  const T* x;
  const T* dy;
  const float* gamma;
  const float* mean;
  const float* inverse_std;
  const float* mean_dy;
  const float* mean_product;
  T* dx;
  std::int64_t channels;

  template <int N>
  struct Writer {
    const T* x;
    const T* dy;
    T* dx;
    std::int64_t channels;
    Floats<N> mean, mean_dy, slope, scale;  // dx = scale (dy - mean_dy - (x - mean) slope)

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
          gradient[j].value[k] = scale.value[k] * ((gradient[j].value[k] - mean_dy.value[k]) -
                                                   (value[j].value[k] - mean.value[k]) * slope.value[k]);
        store(dx + (row + j * step) * channels, gradient[j]);
      }
    }
  };

  template <int N>
  __device__ __forceinline__ Writer<N> at(int column) const {
    const int channel = column * N;
    Floats<N> slope = load<N>(mean_product + channel), scale = load<N>(gamma + channel);
    const Floats<N> inverse_stds = load<N>(inverse_std + channel);
#pragma unroll
    for (int k = 0; k < N; ++k) {
      slope.value[k] *= inverse_stds.value[k];
      scale.value[k] *= inverse_stds.value[k];
    }
    return {x + channel, dy + channel, dx + channel, channels, load<N>(mean + channel), load<N>(mean_dy + channel),
            slope,       scale};
  }
};

}  // namespace

void run(const BatchNormBackward& i, CudaDevice& device) {
  const auto [rows, channels] = channel_rows(i.x.shape);
  float* mean_dy = i.workspace.as<float>();
  float* mean_product = mean_dy + channels;
  float* partial = mean_product + channels;
  const StoreGradients finish{.inverse_std = i.inverse_std.as<float>(),
                              .mean_dy = mean_dy,
                              .mean_product = mean_product,
                              .dgamma = i.dgamma.as<float>(),
                              .dbeta = i.dbeta.as<float>(),
                              .rows = static_cast<float>(rows),
                              .accumulate = i.mode == ParamGrad::Accumulate};
  with_storage(i.kName, i.x.dtype, [&, rows = rows, channels = channels](auto storage) {
    using T = decltype(storage);
    const SumGradients<T> source{i.x.as<T>(), i.dy.as<T>(), i.mean.as<float>(), channels};
    reduce_columns(rows, channels, vector_width(channels, source.x, source.dy, source.mean), source, finish, partial,
                   device.stream());
    const DistributeGradient<T> map{.x = i.x.as<T>(),
                                    .dy = i.dy.as<T>(),
                                    .gamma = i.gamma.as<float>(),
                                    .mean = i.mean.as<float>(),
                                    .inverse_std = i.inverse_std.as<float>(),
                                    .mean_dy = mean_dy,
                                    .mean_product = mean_product,
                                    .dx = i.dx.as<T>(),
                                    .channels = channels};
    map_columns(rows, channels,
                vector_width(channels, map.x, map.dy, map.gamma, map.mean, map.inverse_std, map.mean_dy,
                             map.mean_product, map.dx),
                map, device.stream());
  });
}

}  // namespace gan
