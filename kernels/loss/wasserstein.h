// One term of the Wasserstein losses: the weighted mean of the critic's outputs, and its gradient.
#pragma once

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// With N outputs of the critic, which WGAN does not squash (they are called logits as everywhere):
///   loss    = weight / N  sum logits
///   dlogits = weight / N
/// Arjovsky et al. 2017, Algorithm 1: the critic minimises mean f(fake) - mean f(real) (line 5, whose ascent on the
/// opposite is the same): weight 1 on fakes, -1 on reals. The generator minimises -mean f(fake) (line 10): weight -1.
/// The generator's part of the hinge loss is that, too.
/// The sum runs in a fixed order, in fp32 at least. A logit that is not finite is seen in the loss, not in dlogits.
struct WassersteinLoss {
  static constexpr const char* kName = "wasserstein loss";
  Tensor logits;   ///< N elements, any shape
  Tensor loss;     ///< (1)
  Tensor dlogits;  ///< as logits
  float weight = 1;

  static void operands(auto& self, auto&& visit) {
    visit("logits", self.logits, Access::Read, Role::Activation);
    visit("loss", self.loss, Access::Write, Role::Loss);
    visit("dlogits", self.dlogits, Access::Write, Role::Activation);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const WassersteinLoss&);
Cost cost(const WassersteinLoss&);
void run(const WassersteinLoss&, CpuDevice&);
void run(const WassersteinLoss&, CudaDevice&);

}  // namespace gan
