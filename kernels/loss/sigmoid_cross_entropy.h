// The fused sigmoid + binary cross-entropy on logits: value, gradient and mean probability in one pass.
#pragma once

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// With z = logits(N), t = target, s = sigmoid(z), and softplus(z) = max(z, 0) + log1p(exp(-|z|)), finite for every z:
///   loss         = weight / N  sum (softplus(z) - t z)
///   dlogits      = weight / N  (s - t)
///   mean_sigmoid = 1 / N  sum s
/// weight = 1 gives -[t log s + (1 - t) log(1 - s)], the discriminator's two losses and the non-saturating generator's.
/// weight = -1, t = 0 gives log(1 - s): the saturating loss of the minimax generator, as stable.
/// Sums run in a fixed order, in fp32 at least.
struct SigmoidCrossEntropy {
  static constexpr const char* kName = "sigmoid cross-entropy";
  Tensor logits;        ///< N elements, any shape
  Tensor loss;          ///< (1)
  Tensor dlogits;       ///< as logits
  Tensor mean_sigmoid;  ///< (1)
  float target = 1;     ///< in [0, 1]: below 1 for real, above 0 for fake is label smoothing
  float weight = 1;

  static void operands(auto& self, auto&& visit) {
    visit("logits", self.logits, Access::Read, Role::Activation);
    visit("loss", self.loss, Access::Write, Role::Loss);
    visit("dlogits", self.dlogits, Access::Write, Role::Activation);
    visit("mean_sigmoid", self.mean_sigmoid, Access::Write, Role::Loss);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const SigmoidCrossEntropy&);
Cost cost(const SigmoidCrossEntropy&);
void run(const SigmoidCrossEntropy&, CpuDevice&);
void run(const SigmoidCrossEntropy&, CudaDevice&);

}  // namespace gan
