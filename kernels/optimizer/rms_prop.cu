// RMSProp.
//
// shapes:   flat arrays of `count` parameters (all of a network's, in one slab).
// equation: rms_prop.h.
// traffic:  reads 12 and writes 8 bytes a parameter: memory-bound.
// launch:   256 threads, 4 parameters each (1 when a pointer is not aligned to 16 bytes), a grid-stride loop over at most
//           8 blocks for each multiprocessor: what is resident at once.
// results:  every parameter is updated by one thread: deterministic.
#include "kernels/optimizer/rms_prop.h"

#include <algorithm>

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/multiprocessors.h"
#include "kernels/core/cuda/storage.cuh"

namespace gan {

namespace {

constexpr unsigned kBlock = 256;
constexpr std::int64_t kMostBlocks = 8 * kMultiprocessors;

struct RmsPropConstants {
  float learning_rate, alpha, one_minus_alpha, epsilon, weight_decay;
};

__device__ __forceinline__ void update(const RmsPropConstants& c, float gradient, float& parameter,
                                       float& square_average) {
  const float g = gradient + c.weight_decay * parameter;
  square_average = c.alpha * square_average + c.one_minus_alpha * (g * g);
  parameter -= c.learning_rate * g / (sqrtf(square_average) + c.epsilon);
}

template <int N>
__global__ void __launch_bounds__(kBlock)
    rms_prop_kernel(std::int64_t count, RmsPropConstants constants, const std::uint64_t* fault,
                    const float* __restrict__ gradient, float* __restrict__ parameter,
                    float* __restrict__ square_average) {
  if (fault != nullptr && *fault != 0) return;  // the same for all threads
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kBlock * N;
  std::int64_t at = (static_cast<std::int64_t>(blockIdx.x) * kBlock + threadIdx.x) * N;
  for (; at + N <= count; at += stride) {
    const Floats<N> g = load<N>(gradient + at);
    Floats<N> p = load<N>(parameter + at), average = load<N>(square_average + at);
#pragma unroll
    for (int k = 0; k < N; ++k) update(constants, g.value[k], p.value[k], average.value[k]);
    store(parameter + at, p);
    store(square_average + at, average);
  }
  for (; at < count; ++at) update(constants, gradient[at], parameter[at], square_average[at]);  // a group cut off
}

}  // namespace

void run(const RmsProp& op, CudaDevice& device) {
  const float* const gradient = op.gradient.as<float>();
  float* const parameter = op.parameter.as<float>();
  float* const square_average = op.square_average.as<float>();
  const RmsPropConstants constants{.learning_rate = static_cast<float>(op.learning_rate),
                                   .alpha = static_cast<float>(op.alpha),
                                   .one_minus_alpha = static_cast<float>(1 - op.alpha),
                                   .epsilon = static_cast<float>(op.epsilon),
                                   .weight_decay = static_cast<float>(op.weight_decay)};
  const std::int64_t count = op.parameter.count();
  const int width = vector_width(0, gradient, parameter, square_average);
  const std::int64_t tile = std::int64_t{kBlock} * width;
  const std::int64_t blocks = std::min(kMostBlocks, (count + tile - 1) / tile);
  launch(width == 4 ? rms_prop_kernel<4> : rms_prop_kernel<1>,
         {.grid = dim3(static_cast<unsigned>(blocks)), .block = dim3(kBlock)}, device.stream(), count, constants,
         op.fault.as<std::uint64_t>(), gradient, parameter, square_average);
}

}  // namespace gan
