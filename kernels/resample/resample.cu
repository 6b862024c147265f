// Nearest-neighbour upsampling and sums over windows.
//
// shapes:   the larger image (N, P a, Q b, C) and the smaller (N, P, Q, C), a x b the window. Rows of all images are
//           numbered through, so that row r of the larger belongs to row r / a of the smaller, whatever the image.
// equation: upsample  y[r, w, c] = scale x[r / a, w / b, c]
//           sum pool  y[r, q, c] = scale sum over i < a, j < b of x[r a + i, q b + j, c], in the order of i, then j
// traffic:  upsample writes y once and reads x once (its repeats come from L1 and L2); sum pool reads x and writes y once.
//           Four channels an access where C and the pointers allow it: memory-bound.
// launch:   a thread for each column (q, c) of the result, going down its rows: map_columns of core/cuda/reduce.cuh.
// results:  every element is written by one thread, sums have a fixed order: deterministic.
#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/fast_divisor.h"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/resample/resample.h"

namespace gan {

namespace {

/// Map over the rows and columns (w, c) of the larger image.
template <class T>
struct Replicate {
  const T* x;
  T* y;
  FastDivisor window_height;
  std::int64_t window_width, channels;
  std::int64_t small_row, large_row;  // elements
  float scale;

  template <int N>
  struct Writer {
    const T* x;  // the column
    T* y;
    FastDivisor window_height;
    std::int64_t small_row, large_row;
    float scale;

    template <int kRows>
    __device__ __forceinline__ void write(std::int64_t row, std::int64_t step) const {
      Floats<N> value[kRows];
#pragma unroll
      for (int k = 0; k < kRows; ++k) {
        const std::uint32_t from = window_height.quotient(static_cast<std::uint32_t>(row + k * step));
        value[k] = load<N>(x + from * small_row);
      }
#pragma unroll
      for (int k = 0; k < kRows; ++k) {
#pragma unroll
        for (int e = 0; e < N; ++e) value[k].value[e] *= scale;
        store(y + (row + k * step) * large_row, value[k]);
      }
    }
  };

  template <int N>
  __device__ __forceinline__ Writer<N> at(int column) const {
    const std::int64_t to = std::int64_t{column} * N;
    const std::int64_t pixel = to / channels;
    const std::int64_t from = pixel / window_width * channels + to % channels;
    return {x + from, y + to, window_height, small_row, large_row, scale};
  }
};

/// Map over the rows and columns (q, c) of the smaller image.
template <class T>
struct SumWindows {
  const T* x;
  T* y;
  int window_height, window_width;
  std::int64_t channels;
  std::int64_t small_row, large_row;
  float scale;

  template <int N>
  struct Writer {
    const T* x;
    T* y;
    int window_height, window_width;
    std::int64_t channels, small_row, large_row;
    float scale;

    template <int kRows>
    __device__ __forceinline__ void write(std::int64_t row, std::int64_t step) const {
      Floats<N> sum[kRows] = {};
      for (int i = 0; i < window_height; ++i)
        for (int j = 0; j < window_width; ++j) {
          Floats<N> value[kRows];
#pragma unroll
          for (int k = 0; k < kRows; ++k)
            value[k] = load<N>(x + ((row + k * step) * window_height + i) * large_row + j * channels);
#pragma unroll
          for (int k = 0; k < kRows; ++k)
#pragma unroll
            for (int e = 0; e < N; ++e) sum[k].value[e] += value[k].value[e];
        }
#pragma unroll
      for (int k = 0; k < kRows; ++k) {
#pragma unroll
        for (int e = 0; e < N; ++e) sum[k].value[e] *= scale;
        store(y + (row + k * step) * small_row, sum[k]);
      }
    }
  };

  template <int N>
  __device__ __forceinline__ Writer<N> at(int column) const {
    const std::int64_t to = std::int64_t{column} * N;
    const std::int64_t pixel = to / channels;
    const std::int64_t from = pixel * window_width * channels + to % channels;
    return {x + from, y + to, window_height, window_width, channels, small_row, large_row, scale};
  }
};

}  // namespace

void run(const Upsample& op, CudaDevice& device) {
  const Shape& large = op.y.shape;
  const std::int64_t channels = large[3];
  with_storage(op.kName, op.x.dtype, [&](auto storage) {
    using T = decltype(storage);
    const Replicate<T> map{.x = op.x.as<T>(),
                           .y = op.y.as<T>(),
                           .window_height = FastDivisor(op.window.height),
                           .window_width = op.window.width,
                           .channels = channels,
                           .small_row = op.x.shape[2] * channels,
                           .large_row = large[2] * channels,
                           .scale = op.scale};
    map_columns(large[0] * large[1], map.large_row, vector_width(channels, map.x, map.y), map, device.stream());
  });
}

void run(const SumPool& op, CudaDevice& device) {
  const Shape& small = op.y.shape;
  const std::int64_t channels = small[3];
  with_storage(op.kName, op.x.dtype, [&](auto storage) {
    using T = decltype(storage);
    const SumWindows<T> map{.x = op.x.as<T>(),
                            .y = op.y.as<T>(),
                            .window_height = static_cast<int>(op.window.height),
                            .window_width = static_cast<int>(op.window.width),
                            .channels = channels,
                            .small_row = small[2] * channels,
                            .large_row = op.x.shape[2] * channels,
                            .scale = op.scale};
    map_columns(small[0] * small[1], map.small_row, vector_width(channels, map.x, map.y), map, device.stream());
  });
}

}  // namespace gan
