// Adam and the exponential moving average of parameters.
//
// shapes:   flat arrays of `count` parameters (all of a network's, in one slab).
// equation: adam.h; the bias corrections and the learning rate follow from the iteration counter in memory.
// traffic:  Adam reads 16 and writes 12 bytes a parameter, the average reads 8 and writes 4: memory-bound.
// launch:   Adam: parameter_update.cuh. The average: elementwise.cuh.
// results:  every parameter is updated by one thread: deterministic.
#include "kernels/optimizer/adam.h"

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/core/cuda/elementwise.cuh"
#include "kernels/optimizer/parameter_update.cuh"
#include "kernels/optimizer/step_factors.h"

namespace gan {

namespace {

struct AdamRule {
  double learning_rate, beta1, beta2;
  float one_minus_beta1, one_minus_beta2;
  float epsilon, weight_decay;
  const std::uint64_t* updates;  ///< before this iteration, or null
  std::uint32_t updates_per_iteration, update_index;
  LearningRateSchedule schedule;

  struct Factors {
    float step_size, inverse_root;
  };
  __device__ Factors factors(std::uint64_t iteration) const {
    const std::uint64_t before = updates != nullptr ? *updates : iteration * updates_per_iteration;
    const std::uint64_t step = before + update_index + 1;
    const AdamScales exact = adam_scales(learning_rate * schedule.factor(iteration), beta1, beta2, step);
    return {static_cast<float>(exact.step_size), static_cast<float>(exact.inverse_root)};
  }

  __device__ void update(const Factors& factors, float gradient, float& parameter, float& m, float& v) const {
    const float g = gradient + weight_decay * parameter;
    m = static_cast<float>(beta1) * m + one_minus_beta1 * g;
    v = static_cast<float>(beta2) * v + one_minus_beta2 * (g * g);
    parameter -= factors.step_size * m / (sqrtf(v) * factors.inverse_root + epsilon);
  }
};

template <int N>
__global__ void __launch_bounds__(kUpdateThreads)
    adam_kernel(std::int64_t count, AdamRule rule, UpdateCounters counters, const float* __restrict__ gradient,
                float* __restrict__ parameter, float* __restrict__ m, float* __restrict__ v) {
  GAN_SHARED(AdamRule::Factors, factors);
  update_parameters<N>(count, rule, factors, counters, gradient, parameter, m, v);
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
  const AdamRule rule{.learning_rate = op.learning_rate,
                      .beta1 = op.beta1,
                      .beta2 = op.beta2,
                      .one_minus_beta1 = static_cast<float>(1 - op.beta1),
                      .one_minus_beta2 = static_cast<float>(1 - op.beta2),
                      .epsilon = static_cast<float>(op.epsilon),
                      .weight_decay = static_cast<float>(op.weight_decay),
                      .updates = op.updates.as<std::uint64_t>(),
                      .updates_per_iteration = op.updates_per_iteration,
                      .update_index = op.update_index,
                      .schedule = op.schedule};
  const std::int64_t count = op.parameter.count();
  const int width = vector_width(0, gradient, parameter, m, v);
  launch(width == 4 ? adam_kernel<4> : adam_kernel<1>, update_blocks(count, width), device.stream(), count, rule,
         UpdateCounters{op.iteration.as<std::uint64_t>(), op.fault.as<std::uint64_t>()}, gradient, parameter, m, v);
}

void run(const ExponentialMovingAverage& op, CudaDevice& device) {
  float* const average = op.average.as<float>();
  const Average function{.one_minus_decay = static_cast<float>(1 - static_cast<double>(op.decay)),
                         .iteration = op.iteration.as<std::uint64_t>()};
  elementwise(op.average.count(), function, device.stream(), average, op.source.as<float>(), average);
}

}  // namespace gan
