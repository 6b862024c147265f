// RMSProp, one launch for all parameters of a network: they lie in one slab.
#pragma once

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"
#include "kernels/optimizer/learning_rate.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// Tieleman & Hinton 2012 (lecture 6.5), as torch.optim.RMSprop computes it without momentum and centring. With
/// g = gradient + weight_decay * parameter:
///   square_average = alpha square_average + (1 - alpha) g^2,
///   parameter -= learning_rate * g / (sqrt(square_average) + epsilon).
/// square_average starts at 0, and nothing corrects that: the first step is learning_rate / sqrt(1 - alpha) long.
/// learning_rate is times the schedule's factor. The iteration is read from memory, so that a recorded program can be
/// replayed.
/// Where `fault` is present and not 0 (see FiniteCheck), nothing is changed.
struct RmsProp {
  static constexpr const char* kName = "rmsprop";
  Tensor iteration;                  ///< U64 scalar: iterations completed before this one
  Tensor fault;                      ///< U64 scalar, optional
  Tensor gradient;                   ///< any shape
  Tensor parameter, square_average;  ///< as gradient
  double learning_rate = 5e-5;
  double alpha = 0.99;
  double epsilon = 1e-8;
  double weight_decay = 0;
  LearningRateSchedule schedule;

  static void operands(auto& self, auto&& visit) {
    visit("iteration", self.iteration, Access::Read, Role::Counter);
    visit("fault", self.fault, Access::Read, Role::Counter);
    visit("gradient", self.gradient, Access::Read, Role::ParameterGradient);
    visit("parameter", self.parameter, Access::ReadWrite, Role::Parameter);
    visit("square_average", self.square_average, Access::ReadWrite, Role::OptimizerState);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const RmsProp&);
Cost cost(const RmsProp&);
void run(const RmsProp&, CpuDevice&);
void run(const RmsProp&, CudaDevice&);

}  // namespace gan
