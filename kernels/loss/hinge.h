// One term of the discriminator's hinge loss: how far logits fall short of a margin, and its gradient.
#pragma once

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// With N logits z and y = label:
///   loss       = 1 / N  sum max(0, 1 - y z)
///   dlogits    = -y / N  where y z < 1, else 0: at the kink, too, as PyTorch's relu has it
///   mean_logit = 1 / N  sum z
/// Lim & Ye 2017, and Miyato et al. 2018, section 4: y = 1 for reals, -1 for fakes. The generator minimises -mean z, which
/// is WassersteinLoss with weight -1.
/// Sums run in a fixed order, in fp32 at least. A logit that is NaN is seen in the loss, not in dlogits.
struct HingeLoss {
  static constexpr const char* kName = "hinge loss";
  Tensor logits;      ///< N elements, any shape
  Tensor loss;        ///< (1)
  Tensor dlogits;     ///< as logits
  Tensor mean_logit;  ///< (1)
  float label = 1;    ///< 1 or -1

  static void operands(auto& self, auto&& visit) {
    visit("logits", self.logits, Access::Read, Role::Activation);
    visit("loss", self.loss, Access::Write, Role::Loss);
    visit("dlogits", self.dlogits, Access::Write, Role::Activation);
    visit("mean_logit", self.mean_logit, Access::Write, Role::Loss);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const HingeLoss&);
Cost cost(const HingeLoss&);
void run(const HingeLoss&, CpuDevice&);
void run(const HingeLoss&, CudaDevice&);

}  // namespace gan
