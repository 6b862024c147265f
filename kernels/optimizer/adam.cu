// Adam and the exponential moving average of parameters.
//
// shapes:   flat arrays of `count` parameters (all of a network's, in one slab).
// equation: adam.h; the bias corrections follow from the iteration counter in memory, so a recorded launch stays valid.
//           One thread a block computes them in double and shares them.
// traffic:  Adam reads 16 and writes 12 bytes a parameter, the average reads 8 and writes 4: memory-bound.
// launch:   Adam: 256 threads, 4 parameters each (1 when a pointer is not aligned to 16 bytes), a grid-stride loop over
//           at most 8 blocks for each multiprocessor: what is resident at once. The average: elementwise.cuh.
// results:  every parameter is updated by one thread: deterministic.
#include "kernels/optimizer/adam.h"

#include <algorithm>

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/elementwise.cuh"
#include "kernels/core/cuda/multiprocessors.h"
#include "kernels/core/cuda/storage.cuh"
#include "kernels/optimizer/step_factors.h"

namespace gan {

namespace {

constexpr unsigned kAdamBlock = 256;
constexpr std::int64_t kMostAdamBlocks = 8 * kMultiprocessors;

struct AdamConstants {
  double learning_rate, beta1, beta2;
  float one_minus_beta1, one_minus_beta2;
  float epsilon, weight_decay;
  std::uint32_t updates_per_iteration, update_index;
};

/// The factors of this update, which all threads of a block share.
struct SharedScales {
  float step_size, inverse_root;
};

__device__ __forceinline__ void update(const AdamConstants& c, const SharedScales& scales, float gradient,
                                       float& parameter, float& m, float& v) {
  const float g = gradient + c.weight_decay * parameter;
  m = static_cast<float>(c.beta1) * m + c.one_minus_beta1 * g;
  v = static_cast<float>(c.beta2) * v + c.one_minus_beta2 * (g * g);
  parameter -= scales.step_size * m / (sqrtf(v) * scales.inverse_root + c.epsilon);
}

template <int N>
__global__ void __launch_bounds__(kAdamBlock)
    adam_kernel(std::int64_t count, AdamConstants constants, const std::uint64_t* iteration,
                const std::uint64_t* updates, const std::uint64_t* fault, const float* __restrict__ gradient,
                float* __restrict__ parameter, float* __restrict__ m, float* __restrict__ v) {
  if (fault != nullptr && *fault != 0) return;  // the same for all threads
  GAN_SHARED(SharedScales, scales);
  if (threadIdx.x == 0) {
    const std::uint64_t before = updates != nullptr ? *updates : *iteration * constants.updates_per_iteration;
    const std::uint64_t step = before + constants.update_index + 1;
    const AdamScales exact = adam_scales(constants.learning_rate, constants.beta1, constants.beta2, step);
    scales.step_size = static_cast<float>(exact.step_size);
    scales.inverse_root = static_cast<float>(exact.inverse_root);
  }
  __syncthreads();
  const SharedScales mine = scales;
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kAdamBlock * N;
  std::int64_t at = (static_cast<std::int64_t>(blockIdx.x) * kAdamBlock + threadIdx.x) * N;
  for (; at + N <= count; at += stride) {
    const Floats<N> g = load<N>(gradient + at);
    Floats<N> p = load<N>(parameter + at), m_here = load<N>(m + at), v_here = load<N>(v + at);
#pragma unroll
    for (int k = 0; k < N; ++k) update(constants, mine, g.value[k], p.value[k], m_here.value[k], v_here.value[k]);
    store(parameter + at, p);
    store(m + at, m_here);
    store(v + at, v_here);
  }
  for (; at < count; ++at) update(constants, mine, gradient[at], parameter[at], m[at], v[at]);  // a group cut off
}

struct Average {
  float one_minus_decay;
  const std::uint64_t* iteration;
  __device__ float operator()(float source, float average) const {
    return average + averaging_weight(one_minus_decay, *iteration) * (source - average);
  }
};

}  // namespace

void run(const Adam& op, CudaDevice& device) {
  const float* const gradient = op.gradient.as<float>();
  float* const parameter = op.parameter.as<float>();
  float* const m = op.m.as<float>();
  float* const v = op.v.as<float>();
  const AdamConstants constants{.learning_rate = op.learning_rate,
                                .beta1 = op.beta1,
                                .beta2 = op.beta2,
                                .one_minus_beta1 = static_cast<float>(1 - op.beta1),
                                .one_minus_beta2 = static_cast<float>(1 - op.beta2),
                                .epsilon = static_cast<float>(op.epsilon),
                                .weight_decay = static_cast<float>(op.weight_decay),
                                .updates_per_iteration = op.updates_per_iteration,
                                .update_index = op.update_index};
  const std::int64_t count = op.parameter.count();
  const int width = vector_width(0, gradient, parameter, m, v);
  const std::int64_t tile = std::int64_t{kAdamBlock} * width;
  const std::int64_t blocks = std::min(kMostAdamBlocks, (count + tile - 1) / tile);
  launch(width == 4 ? adam_kernel<4> : adam_kernel<1>,
         {.grid = dim3(static_cast<unsigned>(blocks)), .block = dim3(kAdamBlock)}, device.stream(), count, constants,
         op.iteration.as<std::uint64_t>(), op.updates.as<std::uint64_t>(), op.fault.as<std::uint64_t>(), gradient,
         parameter, m, v);
}

void run(const ExponentialMovingAverage& op, CudaDevice& device) {
  float* const average = op.average.as<float>();
  const Average function{.one_minus_decay = static_cast<float>(1 - static_cast<double>(op.decay)),
                         .iteration = op.iteration.as<std::uint64_t>()};
  elementwise(op.average.count(), function, device.stream(), average, op.source.as<float>(), average);
}

}  // namespace gan
