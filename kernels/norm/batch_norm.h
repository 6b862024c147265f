// Batch normalisation (Ioffe & Szegedy 2015, Algorithms 1 and 2). The channel is the last axis; rows = all others.
#pragma once

#include <cstdint>

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// Training form. Per channel c over the rows: mean = E[x], variance = E[(x - mean)^2] (biased; two passes or Welford,
/// in fp32 at least), y = gamma (x - mean) inverse_std + beta with inverse_std = 1 / sqrt(variance + epsilon). Where
/// running statistics are present they move as PyTorch's do: running += momentum (batch - running), with the unbiased
/// variance (rows / (rows - 1)) for running_variance; with one row there is no unbiased variance: an error.
struct BatchNormForward {
  static constexpr const char* kName = "batch norm";
  Tensor x;                               ///< (..., C)
  Tensor gamma, beta;                     ///< (C)
  Tensor running_mean, running_variance;  ///< (C), both or neither
  Tensor y;                               ///< as x
  Tensor mean, inverse_std;               ///< (C), kept for the backward
  Tensor workspace;                       ///< F32, workspace_count(rows, C) elements
  float epsilon = 1e-5f;
  float momentum = 0.1f;

  /// Floats that the CUDA kernel's partial statistics take.
  static std::int64_t workspace_count(std::int64_t rows, std::int64_t channels);

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read, Role::Activation);
    visit("gamma", self.gamma, Access::Read, Role::Parameter);
    visit("beta", self.beta, Access::Read, Role::Parameter);
    visit("running_mean", self.running_mean, Access::ReadWrite, Role::Statistic);
    visit("running_variance", self.running_variance, Access::ReadWrite, Role::Statistic);
    visit("y", self.y, Access::Write, Role::Activation);
    visit("mean", self.mean, Access::Write, Role::Statistic);
    visit("inverse_std", self.inverse_std, Access::Write, Role::Statistic);
    visit("workspace", self.workspace, Access::Scratch, Role::Workspace);
  }
};

/// Gradient of the training form. With xhat = (x - mean) inverse_std and means over the rows:
/// dbeta = sum dy, dgamma = sum dy xhat, dx = gamma inverse_std (dy - mean(dy) - xhat mean(dy xhat)).
struct BatchNormBackward {
  static constexpr const char* kName = "batch norm backward";
  Tensor x, dy;              ///< (..., C)
  Tensor gamma;              ///< (C)
  Tensor mean, inverse_std;  ///< (C), from the forward
  Tensor dx;                 ///< as x
  Tensor dgamma, dbeta;      ///< (C); absent exactly when mode is Skip
  Tensor workspace;          ///< F32, workspace_count(rows, C) elements
  ParamGrad mode = ParamGrad::Overwrite;

  /// Floats that the CUDA kernel's sums and partial sums take.
  static std::int64_t workspace_count(std::int64_t rows, std::int64_t channels);

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read, Role::Activation);
    visit("dy", self.dy, Access::Read, Role::Activation);
    visit("gamma", self.gamma, Access::Read, Role::Parameter);
    visit("mean", self.mean, Access::Read, Role::Statistic);
    visit("inverse_std", self.inverse_std, Access::Read, Role::Statistic);
    visit("dx", self.dx, Access::Write, Role::Activation);
    visit("dgamma", self.dgamma, access_of(self.mode), Role::ParameterGradient);
    visit("dbeta", self.dbeta, access_of(self.mode), Role::ParameterGradient);
    visit("workspace", self.workspace, Access::Scratch, Role::Workspace);
  }
};

/// Inference form: y = gamma (x - running_mean) / sqrt(running_variance + epsilon) + beta.
struct BatchNormInference {
  static constexpr const char* kName = "batch norm inference";
  Tensor x;
  Tensor gamma, beta;
  Tensor running_mean, running_variance;
  Tensor y;
  float epsilon = 1e-5f;

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read, Role::Activation);
    visit("gamma", self.gamma, Access::Read, Role::Parameter);
    visit("beta", self.beta, Access::Read, Role::Parameter);
    visit("running_mean", self.running_mean, Access::Read, Role::Statistic);
    visit("running_variance", self.running_variance, Access::Read, Role::Statistic);
    visit("y", self.y, Access::Write, Role::Activation);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const BatchNormForward&);
void validate(const BatchNormBackward&);
void validate(const BatchNormInference&);
Cost cost(const BatchNormForward&);
Cost cost(const BatchNormBackward&);
Cost cost(const BatchNormInference&);
void run(const BatchNormForward&, CpuDevice&);
void run(const BatchNormBackward&, CpuDevice&);
void run(const BatchNormInference&, CpuDevice&);
void run(const BatchNormForward&, CudaDevice&);
void run(const BatchNormBackward&, CudaDevice&);
void run(const BatchNormInference&, CudaDevice&);

}  // namespace gan
