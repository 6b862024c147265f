// Group normalisation (Wu & He 2018, equations 1 to 7). The channel is the last axis, the sample the first; a group is
// channels / groups neighbouring channels of one sample. groups = channels: instance normalisation (Ulyanov et al. 2016);
// groups = 1: the layer normalisation of Ba et al. 2016 as critics use it, over all of a sample.
//
// The letters below: M numbers in a group, all means over it; r = 1 / sqrt(variance + epsilon), xhat = r (x - mean(x)).
#pragma once

#include <cstdint>

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// Samples, rows (pixels) of a sample, channels, and groups of them: what the sizes of workspaces follow from.
struct GroupNormShape {
  std::int64_t samples = 0, rows = 0, channels = 0, groups = 1;
};

/// The shape of x (N, ..., C), of rank 2 at least.
GroupNormShape group_norm_shape(const Shape& x, std::int64_t groups);

/// y = gamma xhat + beta, with the biased variance (in two passes or by Welford's rule, in fp32 at least). A group of one
/// number has variance 0: y = beta.
struct GroupNormForward {
  static constexpr const char* kName = "group norm";
  std::int64_t groups = 1;   ///< divides C
  float epsilon = 1e-5f;     ///< > 0
  Tensor x;                  ///< (N, ..., C)
  Tensor gamma, beta;        ///< (C)
  Tensor y;                  ///< as x
  Tensor mean, inverse_std;  ///< (N, groups): mean(x) and r, kept for the backward
  Tensor workspace;          ///< F32, workspace_count() elements

  /// Floats that the CUDA kernel's partial statistics take.
  static std::int64_t workspace_count(const GroupNormShape&);

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read, Role::Activation);
    visit("gamma", self.gamma, Access::Read, Role::Parameter);
    visit("beta", self.beta, Access::Read, Role::Parameter);
    visit("y", self.y, Access::Write, Role::Activation);
    visit("mean", self.mean, Access::Write, Role::Statistic);
    visit("inverse_std", self.inverse_std, Access::Write, Role::Statistic);
    visit("workspace", self.workspace, Access::Scratch, Role::Workspace);
  }
};

/// Its gradient. With t = gamma dy:
///   dx = r (t - mean(t) - xhat mean(t xhat)),  dgamma = sum dy xhat,  dbeta = sum dy, both over samples and rows.
struct GroupNormBackward {
  static constexpr const char* kName = "group norm backward";
  std::int64_t groups = 1;
  Tensor x, dy;              ///< (N, ..., C)
  Tensor gamma;              ///< (C)
  Tensor mean, inverse_std;  ///< (N, groups), from the forward
  Tensor dx;                 ///< as x
  Tensor dgamma, dbeta;      ///< (C); absent exactly when mode is Skip
  Tensor workspace;          ///< F32, workspace_count() elements
  ParamGrad mode = ParamGrad::Overwrite;

  /// Floats that the CUDA kernel's sums take.
  static std::int64_t workspace_count(const GroupNormShape&);

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

/// The backward of the backward: for P a function of the dx above and v = d(P)/d(dx), what P's gradient is at dy, x and
/// gamma. Batch normalisation's is the same on the batch as one sample (1, rows, C) with a group for every channel.
///
/// With m1 = mean(t xhat), m2 = mean(v xhat). dx is linear in t, and the map is symmetric: d(P)/d(t) = u with
///   u = r (v - mean(v) - xhat m2),
/// hence d(P)/d(dy) = gamma u and d(P)/d(gamma) = sum dy u. In x it is not: over a group
///   S = sum v dx = r (sum v t - M mean(v) mean(t) - M m1 m2)
/// depends on x through r, with d(r)/d(x) = -r^2 xhat / M, and through the xhat of m1 and m2: there d(S)/d(xhat) = d comes
/// back as t does in the backward,
///   d = -r (v m1 + t m2),   d(P)/d(x) = r (d - mean(d) - xhat mean(d xhat)) - r xhat mean(v dx).
/// Put in, with mean(d) = -r (m1 mean(v) + m2 mean(t)), mean(d xhat) = -2 r m1 m2 and mean(v dx) = S / M:
///   d(P)/d(x) = -r^2 (m1 (v - mean(v)) + m2 (t - mean(t)) + xhat (mean(v t) - mean(v) mean(t) - 3 m1 m2)).
/// beta has no part in dx: P's gradient at it is zero.
struct GroupNormTangent {
  static constexpr const char* kName = "group norm tangent";
  std::int64_t groups = 1;
  Tensor x, dy, v;           ///< (N, ..., C)
  Tensor gamma;              ///< (C)
  Tensor mean, inverse_std;  ///< (N, groups), from the forward
  Tensor pushed;             ///< as x: d(P)/d(dy)
  Tensor second_order;       ///< as x: d(P)/d(x)
  Tensor dgamma;             ///< (C): d(P)/d(gamma); absent exactly when mode is Skip
  Tensor workspace;          ///< F32, workspace_count() elements
  ParamGrad mode = ParamGrad::Overwrite;

  /// Floats that the CUDA kernel's sums take.
  static std::int64_t workspace_count(const GroupNormShape&);

  static void operands(auto& self, auto&& visit) {
    visit("x", self.x, Access::Read, Role::Activation);
    visit("dy", self.dy, Access::Read, Role::Activation);
    visit("v", self.v, Access::Read, Role::Activation);
    visit("gamma", self.gamma, Access::Read, Role::Parameter);
    visit("mean", self.mean, Access::Read, Role::Statistic);
    visit("inverse_std", self.inverse_std, Access::Read, Role::Statistic);
    visit("pushed", self.pushed, Access::Write, Role::Activation);
    visit("second_order", self.second_order, Access::Write, Role::Activation);
    visit("dgamma", self.dgamma, access_of(self.mode), Role::ParameterGradient);
    visit("workspace", self.workspace, Access::Scratch, Role::Workspace);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const GroupNormForward&);
void validate(const GroupNormBackward&);
void validate(const GroupNormTangent&);
Cost cost(const GroupNormForward&);
Cost cost(const GroupNormBackward&);
Cost cost(const GroupNormTangent&);
void run(const GroupNormForward&, CpuDevice&);
void run(const GroupNormBackward&, CpuDevice&);
void run(const GroupNormTangent&, CpuDevice&);
void run(const GroupNormForward&, CudaDevice&);
void run(const GroupNormBackward&, CudaDevice&);
void run(const GroupNormTangent&, CudaDevice&);

}  // namespace gan
