// The gradient penalty: how far the norm of the critic's gradient is from a target, sample by sample, and the derivative
// of that by the gradient.
#pragma once

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// With g_n = gradient[n, ...], the gradient of the critic's output for sample n by its input, and the L2 norm over all
/// of it:
///   norm_n       = ||g_n||
///   deviation_n  = norm_n - target;  with `one_sided`, max(0, norm_n - target)
///   loss         = weight / N  sum deviation_n^2
///   mean_norm    = 1 / N  sum norm_n
///   dgradient[n] = d loss / d g_n = 2 weight / N  deviation_n  g_n / norm_n
/// The last by the chain rule, since d ||g|| / d g = g / ||g||. A norm has no derivative at 0; dgradient is 0 there, as
/// PyTorch has it (a root's derivative times 0 would be NaN).
///
/// The penalty's gradient by the critic's parameters is the sum over n of dgradient[n] . d g_n / d theta, so that nothing
/// differentiates the norm a second time.
///
/// Gulrajani et al. 2017, equation 3: weight 10, target 1, at interpolates of real and fake. `one_sided` is the form their
/// section 4 mentions: norms below the target are left alone. Target 0 is the zero-centred penalty of Mescheder et al.
/// 2018 (section 4.1): R1 at reals, R2 at fakes, weight = gamma / 2; its dgradient is 2 weight / N g, without a norm.
///
/// A widespread mistake takes the norm over the channels of every pixel. For comparison: that is this instruction on the
/// same memory seen as (N H W, C).
///
/// Sums run in a fixed order, in fp32 at least.
struct GradientPenalty {
  static constexpr const char* kName = "gradient penalty";
  Tensor gradient;   ///< (N, ...)
  Tensor norm;       ///< (N)
  Tensor loss;       ///< (1)
  Tensor mean_norm;  ///< (1)
  Tensor dgradient;  ///< as gradient; may be the gradient itself
  float weight = 10;
  float target = 1;
  bool one_sided = false;

  static void operands(auto& self, auto&& visit) {
    visit("gradient", self.gradient, Access::Read, Role::Activation);
    visit("norm", self.norm, Access::Write, Role::Statistic);
    visit("loss", self.loss, Access::Write, Role::Loss);
    visit("mean_norm", self.mean_norm, Access::Write, Role::Loss);
    visit("dgradient", self.dgradient, Access::Write, Role::Activation);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const GradientPenalty&);
Cost cost(const GradientPenalty&);
void run(const GradientPenalty&, CpuDevice&);
void run(const GradientPenalty&, CudaDevice&);

}  // namespace gan
