// Spectral normalisation and its gradient.
//
// shapes:   weight, normalized, gradient (rows, columns); u (rows); v (columns); sigma (1).
// equation: spectral_norm.h. Products are summed unnormalised, t = W^T u and s = W t / ||t||; whoever reads them adds their
//           squares up anew, which costs a read of a vector where a kernel of its own would cost a launch.
// traffic:  forward: the weight three times (the second and third from L2 where it fits), normalized once, the workspace.
//           gradient: gradient and normalized once for the inner product, both again, and the gradient written.
// launch:   forward: t down the columns (kernels/core/cuda/reduce.cuh: one launch, or two); one block of 256 threads a row
//           for s, of which the first writes v; blocks of 256 threads that stride over the elements, at most 8 for each
//           multiprocessor, of which the first writes u and sigma.
//           gradient: up to 264 blocks of 256 threads leave a partial inner product each; the blocks of the second launch
//           each add those up and stride over the elements.
// results:  sums along threads, then block_sum.cuh's trees; every block that needs a total forms it in the same order:
//           deterministic.
#include "kernels/norm/spectral_norm.h"

#include "kernels/core/cuda/block_sum.cuh"
#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/fast_divisor.h"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/norm/spectral_norm_blocks.h"

namespace gan {

namespace {

constexpr int kThreads = kSpectralNormThreads;

struct Sum {
  float sum;
  __device__ __forceinline__ void merge(const Sum& other) { sum += other.sum; }
};

/// Source of t = W^T u: the rows of W, each times its element of u.
struct WeightedRows {
  using State = Sum;
  const float* weight;
  const float* u;
  std::int64_t columns;

  template <int N>
  struct Reader {
    const float* weight;
    const float* u;
    std::int64_t columns;

    template <int kRows>
    __device__ __forceinline__ void add(Sum (&state)[N], std::int64_t row, std::int64_t step) const {
      Floats<N> value[kRows];
#pragma unroll
      for (int j = 0; j < kRows; ++j) value[j] = load<N>(weight + (row + j * step) * columns);
#pragma unroll
      for (int j = 0; j < kRows; ++j) {
        const float factor = u[row + j * step];
#pragma unroll
        for (int k = 0; k < N; ++k) state[k].sum += value[j].value[k] * factor;
      }
    }
  };

  template <int N>
  __device__ __forceinline__ Reader<N> at(int column) const {
    return {weight + column * N, u, columns};
  }
};

struct StoreProduct {
  float* t;

  __device__ __forceinline__ void operator()(const Sum& state, int column, int) const { t[column] = state.sum; }
};

/// What n(x) divides by for a sum of squares: max(||x||, epsilon), and NaN where the norm is.
__device__ __forceinline__ float length(float squares, float epsilon) {
  const float norm = sqrtf(squares);
  return norm < epsilon ? epsilon : norm;
}

/// s[row] = W[row] . t / ||t||; v = t / ||t||.
template <int N>
__global__ void __launch_bounds__(kThreads)
    row_product_kernel(std::int64_t columns, float epsilon, const float* __restrict__ weight,
                       const float* __restrict__ t, float* __restrict__ s, float* __restrict__ v) {
  GAN_SHARED(BlockSumMemory, product_memory);
  GAN_SHARED(BlockSumMemory, square_memory);
  const float* const row = weight + static_cast<std::int64_t>(blockIdx.x) * columns;
  float product = 0, squares = 0;
  for (std::int64_t i = static_cast<std::int64_t>(threadIdx.x) * N; i < columns;
       i += kThreads * N) {  // N divides columns
    const Floats<N> w = load<N>(row + i), at = load<N>(t + i);
#pragma unroll
    for (int k = 0; k < N; ++k) {
      product += w.value[k] * at.value[k];
      squares += at.value[k] * at.value[k];
    }
  }
  const float sum = block_sum(product, product_memory);
  const float divisor = length(block_sum(squares, square_memory), epsilon);
  if (threadIdx.x == 0) s[blockIdx.x] = sum / divisor;
  if (blockIdx.x != 0) return;
  for (std::int64_t i = threadIdx.x; i < columns; i += kThreads) v[i] = t[i] / divisor;
}

/// u = s / ||s||; sigma = u . s; normalized = W / sigma.
template <int N, class T>
__global__ void __launch_bounds__(kThreads)
    divide_kernel(std::int64_t count, std::int64_t rows, float epsilon, const float* __restrict__ weight,
                  const float* __restrict__ s, float* __restrict__ u, float* __restrict__ sigma,
                  T* __restrict__ normalized) {
  GAN_SHARED(BlockSumMemory, memory);
  float part = 0;
  for (std::int64_t i = threadIdx.x; i < rows; i += kThreads) part += s[i] * s[i];
  const float squares = block_sum(part, memory);
  const float u_length = length(squares, epsilon), divisor = squares / u_length;
  if (blockIdx.x == 0) {
    for (std::int64_t i = threadIdx.x; i < rows; i += kThreads) u[i] = s[i] / u_length;
    if (threadIdx.x == 0) *sigma = divisor;
  }
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * kThreads * N;
  for (std::int64_t i = (static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N; i < count; i += step) {
    Floats<N> w = load<N>(weight + i);  // N divides the columns, and with them the count
#pragma unroll
    for (int k = 0; k < N; ++k) w.value[k] /= divisor;
    store(normalized + i, w);
  }
}

/// partial[block] = the block's share of <gradient, normalized>.
template <int N, class T>
__global__ void __launch_bounds__(kThreads)
    inner_product_kernel(std::int64_t count, const float* __restrict__ gradient, const T* __restrict__ normalized,
                         float* __restrict__ partial) {
  GAN_SHARED(BlockSumMemory, memory);
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * kThreads * N;
  float products = 0;
  for (std::int64_t i = (static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N; i < count; i += step) {
    const Floats<N> g = load<N>(gradient + i), w = load<N>(normalized + i);
#pragma unroll
    for (int k = 0; k < N; ++k) products += g.value[k] * w.value[k];
  }
  const float sum = block_sum(products, memory);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

/// gradient = (gradient - <gradient, normalized> u v^T) / sigma, the inner product being the sum of `partials` numbers.
template <int N>
__global__ void __launch_bounds__(kThreads)
    gradient_kernel(std::int64_t count, FastDivisor columns, int partials, const float* __restrict__ partial,
                    const float* __restrict__ u, const float* __restrict__ v, const float* __restrict__ sigma,
                    float* __restrict__ gradient) {
  GAN_SHARED(BlockSumMemory, memory);
  float part = 0;
  for (int i = static_cast<int>(threadIdx.x); i < partials; i += kThreads) part += partial[i];
  const float inner = block_sum(part, memory), divisor = *sigma;
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * kThreads * N;
  for (std::int64_t i = (static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N; i < count; i += step) {
    std::uint32_t row = 0, column = 0;
    columns.divide(static_cast<std::uint32_t>(i), row, column);  // all N are of one row
    const float along = inner * u[row];
    const Floats<N> at = load<N>(v + column);
    Floats<N> g = load<N>(gradient + i);
#pragma unroll
    for (int k = 0; k < N; ++k) g.value[k] = (g.value[k] - along * at.value[k]) / divisor;
    store(gradient + i, g);
  }
}

/// `blocks` blocks of kThreads.
LaunchShape in_blocks(std::int64_t blocks) {
  return {.grid = dim3(static_cast<unsigned>(blocks)), .block = dim3(static_cast<unsigned>(kThreads))};
}

/// Blocks that stride over `count` elements, N a thread.
LaunchShape over_elements(std::int64_t count, int width) {
  constexpr std::int64_t kMostBlocks = 8 * kMultiprocessors;
  const std::int64_t tile = std::int64_t{kThreads} * width;
  return in_blocks(std::min(kMostBlocks, (count + tile - 1) / tile));
}

}  // namespace

void run(const SpectralNorm& op, CudaDevice& device) {
  const std::int64_t rows = op.weight.shape[0], columns = op.weight.shape[1], count = rows * columns;
  const SpectralNormWorkspace layout(rows, columns);
  const float* const weight = op.weight.as<float>();
  float *const u = op.u.as<float>(), *const v = op.v.as<float>();
  float *const t = op.workspace.as<float>(), *const s = t + layout.row_products;
  reduce_columns(rows, columns, vector_width(columns, weight), WeightedRows{weight, u, columns}, StoreProduct{t},
                 t + layout.partial_sums, device.stream());
  launch(vector_width(columns, weight, t) == 4 ? row_product_kernel<4> : row_product_kernel<1>, in_blocks(rows),
         device.stream(), columns, op.epsilon, weight, t, s, v);
  with_storage(op.kName, op.normalized.dtype, [&](auto storage) {
    using T = decltype(storage);
    T* const normalized = op.normalized.as<T>();
    const int width = vector_width(columns, weight, normalized);
    launch(width == 4 ? divide_kernel<4, T> : divide_kernel<1, T>, over_elements(count, width), device.stream(), count,
           rows, op.epsilon, weight, s, u, op.sigma.as<float>(), normalized);
  });
}

void run(const SpectralNormGradient& op, CudaDevice& device) {
  const std::int64_t columns = op.gradient.shape[1], count = op.gradient.count();
  const std::int64_t partials = inner_product_blocks(count);
  float *const gradient = op.gradient.as<float>(), *const partial = op.workspace.as<float>();
  const float *const u = op.u.as<float>(), *const v = op.v.as<float>();
  with_storage(op.kName, op.normalized.dtype, [&](auto storage) {
    using T = decltype(storage);
    const T* const normalized = op.normalized.as<T>();
    launch(vector_width(columns, gradient, normalized) == 4 ? inner_product_kernel<4, T> : inner_product_kernel<1, T>,
           in_blocks(partials), device.stream(), count, gradient, normalized, partial);
  });
  const int width = vector_width(columns, gradient, v);
  launch(width == 4 ? gradient_kernel<4> : gradient_kernel<1>, over_elements(count, width), device.stream(), count,
         FastDivisor(columns), static_cast<int>(partials), partial, u, v, op.sigma.as<float>(), gradient);
}

}  // namespace gan
