// Adam, one launch for all parameters of a network: they lie in one slab.
#pragma once

#include <cstdint>

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"
#include "kernels/optimizer/learning_rate.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// Kingma & Ba 2015, Algorithm 1, as torch.optim.Adam computes it. With t = iteration * updates_per_iteration +
/// update_index + 1 (t = updates + update_index + 1 where `updates` is present) and g = gradient + weight_decay *
/// parameter:
///   m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2,
///   parameter -= learning_rate / (1 - beta1^t) * m / (sqrt(v / (1 - beta2^t)) + epsilon).
/// learning_rate is times the schedule's factor. Powers and factor are computed in double. The iteration is read from memory, so that a recorded program can be replayed.
/// Where `fault` is present and not 0 (see FiniteCheck), nothing is changed.
struct Adam {
  static constexpr const char* kName = "adam";
  Tensor iteration;  ///< U64 scalar: iterations completed before this one
  Tensor updates;    ///< U64 scalar, optional: updates before this iteration, where their number an iteration varies
  Tensor fault;      ///< U64 scalar, optional
  Tensor gradient;   ///< any shape
  Tensor parameter, m, v;  ///< as gradient
  double learning_rate = 2e-4;
  double beta1 = 0.5, beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
  std::uint32_t updates_per_iteration = 1;
  std::uint32_t update_index = 0;  ///< which of them this is, from 0
  LearningRateSchedule schedule;

  static void operands(auto& self, auto&& visit) {
    visit("iteration", self.iteration, Access::Read, Role::Counter);
    visit("updates", self.updates, Access::Read, Role::Counter);
    visit("fault", self.fault, Access::Read, Role::Counter);
    visit("gradient", self.gradient, Access::Read, Role::ParameterGradient);
    visit("parameter", self.parameter, Access::ReadWrite, Role::Parameter);
    visit("m", self.m, Access::ReadWrite, Role::OptimizerState);
    visit("v", self.v, Access::ReadWrite, Role::OptimizerState);
  }
};

/// The running average of the generator's parameters: average += (1 - d) (source - average), where d rises from 0.1 to
/// `decay` as min(decay, (1 + t) / (10 + t)), t = iteration, so that the first iterations do not linger.
struct ExponentialMovingAverage {
  static constexpr const char* kName = "ema";
  Tensor iteration;  ///< U64 scalar
  Tensor source;
  Tensor average;
  float decay = 0.999f;

  static void operands(auto& self, auto&& visit) {
    visit("iteration", self.iteration, Access::Read, Role::Counter);
    visit("source", self.source, Access::Read, Role::Parameter);
    visit("average", self.average, Access::ReadWrite, Role::Parameter);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const Adam&);
void validate(const ExponentialMovingAverage&);
Cost cost(const Adam&);
Cost cost(const ExponentialMovingAverage&);
void run(const Adam&, CpuDevice&);
void run(const ExponentialMovingAverage&, CpuDevice&);
void run(const Adam&, CudaDevice&);
void run(const ExponentialMovingAverage&, CudaDevice&);

}  // namespace gan
