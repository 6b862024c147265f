// Pointwise activations and their gradients.
#pragma once

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

enum class ActivationKind { Relu, LeakyRelu, Tanh, Sigmoid };

/// "relu", "leaky relu", "tanh", "sigmoid"
const char* name_of(ActivationKind kind);

/// y = f(x), any shape. Relu: max(x, 0). LeakyRelu: x > 0 ? x : slope x. Tanh, Sigmoid: as usual, stable for every
/// finite x.
struct ActivationForward {
  static constexpr const char* kName = "activation";
  ActivationKind kind = ActivationKind::Relu;
  float slope = 0;  ///< LeakyRelu only; > 0, because the backward reads the sign of x off y
  Tensor x;
  Tensor y;

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read, Role::Activation);
    visit("y", self.y, Access::Write, Role::Activation);
  }
};

/// dx = f'(x) dy, with f' read off y: Relu y > 0; LeakyRelu y > 0 ? 1 : slope; Tanh 1 - y^2; Sigmoid y (1 - y).
/// At x = 0 the (leaky) ReLU takes its left derivative, as PyTorch does.
struct ActivationBackward {
  static constexpr const char* kName = "activation backward";
  ActivationKind kind = ActivationKind::Relu;
  float slope = 0;
  Tensor y, dy;
  Tensor dx;

  static void operands(auto& self, auto&& visit) {
    visit("y", self.y, Access::Read, Role::Activation);
    visit("dy", self.dy, Access::Read, Role::Activation);
    visit("dx", self.dx, Access::Write, Role::Activation);
  }
};

/// What the backward's dx = f'(x) dy leaves at x when it is differentiated once more: for P a function of dx and v = d(P)/d(dx),
/// d(P)/d(x) = f''(x) dy v, with f'' read off y: Tanh -2 y (1 - y^2); Sigmoid y (1 - y) (1 - 2 y). (d(P)/d(dy) = f'(x) v is an
/// ActivationBackward.) For Relu and LeakyRelu it is zero almost everywhere: an error.
struct ActivationTangent {
  static constexpr const char* kName = "activation tangent";
  ActivationKind kind = ActivationKind::Tanh;
  Tensor y, dy, v;
  Tensor second_order;  ///< d(P)/d(x)

  static void operands(auto& self, auto&& visit) {
    visit("y", self.y, Access::Read, Role::Activation);
    visit("dy", self.dy, Access::Read, Role::Activation);
    visit("v", self.v, Access::Read, Role::Activation);
    visit("second_order", self.second_order, Access::Write, Role::Activation);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const ActivationForward&);
void validate(const ActivationBackward&);
void validate(const ActivationTangent&);
Cost cost(const ActivationForward&);
Cost cost(const ActivationBackward&);
Cost cost(const ActivationTangent&);
void run(const ActivationForward&, CpuDevice&);
void run(const ActivationBackward&, CpuDevice&);
void run(const ActivationTangent&, CpuDevice&);
void run(const ActivationForward&, CudaDevice&);
void run(const ActivationBackward&, CudaDevice&);
void run(const ActivationTangent&, CudaDevice&);

}  // namespace gan
