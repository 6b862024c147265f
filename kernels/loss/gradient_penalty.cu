// The gradient penalty: per-sample norms of the critic's gradient, the mean of their squared deviations, its derivative.
//
// shapes:   gradient, dgradient (N, E), E elements a sample; norm (N); loss, mean_norm (1).
// equation: gradient_penalty.h. Squares are fp32: a gradient with elements beyond 1e19 has an infinite norm, and one with
//           all below 1e-23 a norm of 0. Each term of the means is scaled by 1/N before it is added.
// traffic:  the gradient is read twice, the second time from L2 where it fits, and dgradient written once: four elements
//           an access where E and the pointers allow it. The means read N norms.
// launch:   one block of up to 1,024 threads for each sample; then one block for the means. A batch with fewer samples
//           than multiprocessors leaves some of them idle.
// results:  thread t sums elements t, t + block, ... (in groups); then block_sum.cuh's trees: deterministic.
#include "kernels/loss/gradient_penalty.h"

#include "kernels/core/contract/sample_rows.h"
#include "kernels/core/cuda/block_sum.cuh"
#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/storage.cuh"
#include "kernels/loss/norm_deviation.h"

namespace gan {

namespace {

/// norm[n] and dgradient[n]; `scale` is 2 weight / N.
template <int N, class T>
__global__ void __launch_bounds__(kMostBlockThreads)
    norm_kernel(std::int64_t elements, NormDeviation<float> deviation, float scale, const T* gradient, float* norm,
                T* dgradient) {
  GAN_SHARED(BlockSumMemory, memory);
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * elements;
  const std::int64_t first = static_cast<std::int64_t>(threadIdx.x) * N,
                     step = static_cast<std::int64_t>(blockDim.x) * N;
  float squares = 0;
  for (std::int64_t i = first; i < elements; i += step) {  // N divides E
    const Floats<N> g = load<N>(gradient + row + i);
#pragma unroll
    for (int k = 0; k < N; ++k) squares += g.value[k] * g.value[k];
  }
  const float root = sqrtf(block_sum(squares, memory));
  if (threadIdx.x == 0) norm[blockIdx.x] = root;
  const float factor = scale * deviation.per_norm(root);
  for (std::int64_t i = first; i < elements; i += step) {
    Floats<N> g = load<N>(gradient + row + i);
#pragma unroll
    for (int k = 0; k < N; ++k) g.value[k] *= factor;
    store(dgradient + row + i, g);
  }
}

__global__ void __launch_bounds__(kMostBlockThreads)
    mean_kernel(std::int64_t samples, float inverse_count, NormDeviation<float> deviation, float weight,
                const float* __restrict__ norm, float* __restrict__ loss, float* __restrict__ mean_norm) {
  GAN_SHARED(BlockSumMemory, loss_memory);
  GAN_SHARED(BlockSumMemory, norm_memory);
  float loss_sum = 0, norm_sum = 0;
  for (std::int64_t n = threadIdx.x; n < samples; n += blockDim.x) {
    const float away = deviation.of(norm[n]);
    loss_sum += away * away * inverse_count;
    norm_sum += norm[n] * inverse_count;
  }
  const float mean_square = block_sum(loss_sum, loss_memory), mean = block_sum(norm_sum, norm_memory);
  if (threadIdx.x != 0) return;
  *loss = weight * mean_square;
  *mean_norm = mean;
}

}  // namespace

void run(const GradientPenalty& op, CudaDevice& device) {
  const SampleRows rows = sample_rows(op.gradient.shape);
  const NormDeviation<float> deviation{.target = op.target, .one_sided = op.one_sided};
  const double inverse_count = 1 / static_cast<double>(rows.samples);
  float* const norm = op.norm.as<float>();
  with_storage(op.kName, op.gradient.dtype, [&](auto storage) {
    using T = decltype(storage);
    const T* const gradient = op.gradient.as<T>();
    T* const dgradient = op.dgradient.as<T>();
    const int width = vector_width(rows.elements, gradient, dgradient);
    launch(width == 4 ? norm_kernel<4, T> : norm_kernel<1, T>,
           blocks_of_full_warps(rows.samples, rows.elements / width), device.stream(), rows.elements, deviation,
           static_cast<float>(2 * op.weight * inverse_count), gradient, norm, dgradient);
  });
  launch(mean_kernel, blocks_of_full_warps(1, rows.samples), device.stream(), rows.samples,
         static_cast<float>(inverse_count), deviation, op.weight, norm, op.loss.as<float>(), op.mean_norm.as<float>());
}

}  // namespace gan
