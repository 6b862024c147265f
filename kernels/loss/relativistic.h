// The relativistic pairing loss: of a real and a generated image, which is the real one?
#pragma once

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// With N pairs of logits r = real and f = fake, y = sign, m = y (r - f), s(m) = 1 / (1 + exp(-m)), and
/// softplus(m) = max(m, 0) + log1p(exp(-|m|)), finite for every m:
///   loss         = 1 / N  sum softplus(-m)
///   dreal        = -y / N  s(-m)
///   dfake        =  y / N  s(-m)
///   mean_sigmoid = 1 / N  sum s(r - f): how probable D finds it that the real image is the real one; 1/2 is guessing
/// Jolicoeur-Martineau 2019 (RSGAN), and Huang et al. 2024 (the pairing of R3GAN): D minimises it with y = 1, G with
/// y = -1, through f alone: the real image does not depend on G.
/// Sums run in a fixed order, in fp32 at least. A difference of logits that overflows gives an infinite loss.
struct RelativisticLoss {
  static constexpr const char* kName = "relativistic loss";
  Tensor real;          ///< N elements, any shape
  Tensor fake;          ///< as real
  Tensor loss;          ///< (1)
  Tensor dreal;         ///< as real; optional
  Tensor dfake;         ///< as real
  Tensor mean_sigmoid;  ///< (1)
  float sign = 1;       ///< 1 (D's loss) or -1 (G's)

  static void operands(auto& self, auto&& visit) {
    visit("real", self.real, Access::Read, Role::Activation);
    visit("fake", self.fake, Access::Read, Role::Activation);
    visit("loss", self.loss, Access::Write, Role::Loss);
    visit("dreal", self.dreal, Access::Write, Role::Activation);
    visit("dfake", self.dfake, Access::Write, Role::Activation);
    visit("mean_sigmoid", self.mean_sigmoid, Access::Write, Role::Loss);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const RelativisticLoss&);
Cost cost(const RelativisticLoss&);
void run(const RelativisticLoss&, CpuDevice&);
void run(const RelativisticLoss&, CudaDevice&);

}  // namespace gan
