// Stochastic gradient descent, one launch for all parameters of a network: they lie in one slab.
#pragma once

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"
#include "kernels/optimizer/learning_rate.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// Gradient descent with Polyak's momentum (1964), as torch.optim.SGD computes it without dampening and Nesterov's variant.
/// With g = gradient + weight_decay * parameter and a buffer that starts at 0:
///   momentum_buffer = momentum * momentum_buffer + g,   parameter -= learning_rate * momentum_buffer.
/// Without a momentum, and then without a buffer: parameter -= learning_rate * g. learning_rate is times the schedule's
/// factor. The iteration is read from memory, so that a recorded program can be replayed.
/// Where `fault` is present and not 0 (see FiniteCheck), nothing is changed.
struct Sgd {
  static constexpr const char* kName = "sgd";
  Tensor iteration;        ///< U64 scalar: iterations completed before this one
  Tensor fault;            ///< U64 scalar, optional
  Tensor gradient;         ///< any shape
  Tensor parameter;        ///< as gradient
  Tensor momentum_buffer;  ///< as gradient; absent where momentum is 0
  double learning_rate = 1e-3;
  double momentum = 0;
  double weight_decay = 0;
  LearningRateSchedule schedule;

  static void operands(auto& self, auto&& visit) {
    visit("iteration", self.iteration, Access::Read, Role::Counter);
    visit("fault", self.fault, Access::Read, Role::Counter);
    visit("gradient", self.gradient, Access::Read, Role::ParameterGradient);
    visit("parameter", self.parameter, Access::ReadWrite, Role::Parameter);
    visit("momentum_buffer", self.momentum_buffer, Access::ReadWrite, Role::OptimizerState);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const Sgd&);
Cost cost(const Sgd&);
void run(const Sgd&, CpuDevice&);
void run(const Sgd&, CudaDevice&);

}  // namespace gan
