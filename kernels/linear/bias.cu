// Bias: add and gradient over (rows, C).
//
//   add       y(rows, C) = x(rows, C) + bias(C)               8 bytes an element in f32
//   gradient  dbias(C) (=, +=) sum over rows of dy(rows, C)   4 bytes an element in f32, and the partial sums
//   launch and determinism: kernels/core/cuda/reduce.cuh (maps and reductions down the columns)
#include "kernels/linear/bias.h"

#include "kernels/core/contract/channel_rows.h"
#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/reduce.cuh"

namespace gan {

namespace {

template <class T>
struct AddBias {
  const T* x;
  const float* bias;
  T* y;
  std::int64_t channels;

  template <int N>
  struct Writer {
    const T* x;
    T* y;
    std::int64_t channels;
    Floats<N> bias;

    template <int kRows>
    __device__ __forceinline__ void write(std::int64_t row, std::int64_t step) const {
      Floats<N> value[kRows];
#pragma unroll
      for (int j = 0; j < kRows; ++j) value[j] = load<N>(x + (row + j * step) * channels);
#pragma unroll
      for (int j = 0; j < kRows; ++j) {
#pragma unroll
        for (int k = 0; k < N; ++k) value[j].value[k] += bias.value[k];
        store(y + (row + j * step) * channels, value[j]);
      }
    }
  };

  template <int N>
  __device__ __forceinline__ Writer<N> at(int column) const {
    return {x + column * N, y + column * N, channels, load<N>(bias + column * N)};
  }
};

struct Sum {
  float sum;
  __device__ __forceinline__ void merge(const Sum& other) { sum += other.sum; }
};

template <class T>
struct SumRows {
  using State = Sum;
  const T* dy;
  std::int64_t channels;

  template <int N>
  struct Reader {
    const T* dy;
    std::int64_t channels;

    template <int kRows>
    __device__ __forceinline__ void add(Sum (&state)[N], std::int64_t row, std::int64_t step) const {
      Floats<N> value[kRows];
#pragma unroll
      for (int j = 0; j < kRows; ++j) value[j] = load<N>(dy + (row + j * step) * channels);
#pragma unroll
      for (int j = 0; j < kRows; ++j)
#pragma unroll
        for (int k = 0; k < N; ++k) state[k].sum += value[j].value[k];
    }
  };

  template <int N>
  __device__ __forceinline__ Reader<N> at(int column) const {
    return {dy + column * N, channels};
  }
};

struct StoreGradient {
  float* dbias;
  bool accumulate;

  __device__ __forceinline__ void operator()(const Sum& state, int channel, int) const {
    dbias[channel] = accumulate ? dbias[channel] + state.sum : state.sum;
  }
};

}  // namespace

void run(const BiasAdd& i, CudaDevice& device) {
  const auto [rows, channels] = channel_rows(i.x.shape);
  with_storage(i.kName, i.x.dtype, [&, rows = rows, channels = channels](auto storage) {
    using T = decltype(storage);
    const AddBias<T> map{i.x.as<T>(), i.bias.as<float>(), i.y.as<T>(), channels};
    map_columns(rows, channels, vector_width(channels, map.x, map.bias, map.y), map, device.stream());
  });
}

void run(const BiasGradient& i, CudaDevice& device) {
  const auto [rows, channels] = channel_rows(i.dy.shape);
  with_storage(i.kName, i.dy.dtype, [&, rows = rows, channels = channels](auto storage) {
    using T = decltype(storage);
    const SumRows<T> source{i.dy.as<T>(), channels};
    const StoreGradient finish{i.dbias.as<float>(), i.mode == ParamGrad::Accumulate};
    reduce_columns(rows, channels, vector_width(channels, source.dy), source, finish, i.workspace.as<float>(),
                   device.stream());
  });
}

}  // namespace gan
