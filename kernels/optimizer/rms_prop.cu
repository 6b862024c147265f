// RMSProp.
//
// shapes:   flat arrays of `count` parameters (all of a network's, in one slab).
// equation: rms_prop.h; the learning rate follows from the iteration counter in memory.
// traffic:  reads 12 and writes 8 bytes a parameter: memory-bound.
// launch:   parameter_update.cuh.
// results:  every parameter is updated by one thread: deterministic.
#include "kernels/optimizer/rms_prop.h"

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/optimizer/parameter_update.cuh"

namespace gan {

namespace {

struct RmsPropRule {
  double learning_rate;
  float alpha, one_minus_alpha, epsilon, weight_decay;
  LearningRateSchedule schedule;

  struct Factors {
    float learning_rate;
  };
  __device__ Factors factors(std::uint64_t iteration) const {
    return {static_cast<float>(learning_rate * schedule.factor(iteration))};
  }

  __device__ void update(const Factors& factors, float gradient, float& parameter, float& square_average) const {
    const float g = gradient + weight_decay * parameter;
    square_average = alpha * square_average + one_minus_alpha * (g * g);
    parameter -= factors.learning_rate * g / (sqrtf(square_average) + epsilon);
  }
};

template <int N>
__global__ void __launch_bounds__(kUpdateThreads)
    rms_prop_kernel(std::int64_t count, RmsPropRule rule, UpdateCounters counters, const float* __restrict__ gradient,
                    float* __restrict__ parameter, float* __restrict__ square_average) {
  GAN_SHARED(RmsPropRule::Factors, factors);
  update_parameters<N>(count, rule, factors, counters, gradient, parameter, square_average);
}

}  // namespace

void run(const RmsProp& op, CudaDevice& device) {
  const float* const gradient = op.gradient.as<float>();
  float* const parameter = op.parameter.as<float>();
  float* const square_average = op.square_average.as<float>();
  const RmsPropRule rule{.learning_rate = op.learning_rate,
                         .alpha = static_cast<float>(op.alpha),
                         .one_minus_alpha = static_cast<float>(1 - op.alpha),
                         .epsilon = static_cast<float>(op.epsilon),
                         .weight_decay = static_cast<float>(op.weight_decay),
                         .schedule = op.schedule};
  const std::int64_t count = op.parameter.count();
  const int width = vector_width(0, gradient, parameter, square_average);
  launch(width == 4 ? rms_prop_kernel<4> : rms_prop_kernel<1>, update_blocks(count, width), device.stream(), count,
         rule, UpdateCounters{op.iteration.as<std::uint64_t>(), op.fault.as<std::uint64_t>()}, gradient, parameter,
         square_average);
}

}  // namespace gan
