// Stochastic gradient descent, with momentum or without.
//
// shapes:   flat arrays of `count` parameters (all of a network's, in one slab).
// equation: sgd.h; the learning rate follows from the iteration counter in memory.
// traffic:  with momentum reads 12 and writes 8 bytes a parameter, without 8 and 4: memory-bound.
// launch:   parameter_update.cuh.
// results:  every parameter is updated by one thread: deterministic.
#include "kernels/optimizer/sgd.h"

#include "kernels/core/cuda/cuda_device.h"
#include "kernels/optimizer/parameter_update.cuh"

namespace gan {

namespace {

struct SgdRule {
  double learning_rate;
  float momentum, weight_decay;
  LearningRateSchedule schedule;

  struct Factors {
    float learning_rate;
  };
  __device__ Factors factors(std::uint64_t iteration) const {
    return {static_cast<float>(learning_rate * schedule.factor(iteration))};
  }

  __device__ void update(const Factors& factors, float gradient, float& parameter) const {
    parameter -= factors.learning_rate * (gradient + weight_decay * parameter);
  }
  __device__ void update(const Factors& factors, float gradient, float& parameter, float& momentum_buffer) const {
    momentum_buffer = momentum * momentum_buffer + (gradient + weight_decay * parameter);
    parameter -= factors.learning_rate * momentum_buffer;
  }
};

/// `State` is float with momentum, and nothing without.
template <int N, class... State>
__global__ void __launch_bounds__(kUpdateThreads)
    sgd_kernel(std::int64_t count, SgdRule rule, UpdateCounters counters, const float* __restrict__ gradient,
               float* __restrict__ parameter, State* __restrict__... momentum_buffer) {
  GAN_SHARED(SgdRule::Factors, factors);
  update_parameters<N>(count, rule, factors, counters, gradient, parameter, momentum_buffer...);
}

template <class... State>
void launch_sgd(const Sgd& op, CudaDevice& device, State*... momentum_buffer) {
  const float* const gradient = op.gradient.as<float>();
  float* const parameter = op.parameter.as<float>();
  const SgdRule rule{.learning_rate = op.learning_rate,
                     .momentum = static_cast<float>(op.momentum),
                     .weight_decay = static_cast<float>(op.weight_decay),
                     .schedule = op.schedule};
  const std::int64_t count = op.parameter.count();
  const int width = vector_width(0, gradient, parameter, momentum_buffer...);
  launch(width == 4 ? sgd_kernel<4, State...> : sgd_kernel<1, State...>, update_blocks(count, width), device.stream(),
         count, rule, UpdateCounters{op.iteration.as<std::uint64_t>(), op.fault.as<std::uint64_t>()}, gradient,
         parameter, momentum_buffer...);
}

}  // namespace

void run(const Sgd& op, CudaDevice& device) {
  if (op.momentum_buffer.present()) launch_sgd(op, device, op.momentum_buffer.as<float>());
  else launch_sgd(op, device);
}

}  // namespace gan
