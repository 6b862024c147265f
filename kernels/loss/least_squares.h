// One term of the least-squares losses: the mean squared distance of logits from a target, and its gradient.
#pragma once

#include "kernels/core/contract/cost.h"
#include "kernels/core/contract/operands.h"

namespace gan {

class CpuDevice;
class CudaDevice;

/// With N logits z, which nothing squashes, and t = target:
///   loss       = 1 / (2 N)  sum (z - t)^2
///   dlogits    = 1 / N  (z - t)
///   mean_logit = 1 / N  sum z
/// Mao et al. 2017 with a = 0, b = c = 1, the paper's 0-1 coding, and its halves: D takes reals to t = 1 and fakes to t = 0, G takes fakes to t = 1.
/// Sums run in a fixed order, in fp32 at least. The loss overflows where a square does, beyond |z - t| = 1.8e19 in fp32;
/// dlogits does not.
struct LeastSquaresLoss {
  static constexpr const char* kName = "least-squares loss";
  Tensor logits;      ///< N elements, any shape
  Tensor loss;        ///< (1)
  Tensor dlogits;     ///< as logits
  Tensor mean_logit;  ///< (1)
  float target = 1;

  static void operands(auto& self, auto&& visit) {
    visit("logits", self.logits, Access::Read, Role::Activation);
    visit("loss", self.loss, Access::Write, Role::Loss);
    visit("dlogits", self.dlogits, Access::Write, Role::Activation);
    visit("mean_logit", self.mean_logit, Access::Write, Role::Loss);
  }
};

/// What these promise of every instruction: kernels/core/contract/operands.h.
void validate(const LeastSquaresLoss&);
Cost cost(const LeastSquaresLoss&);
void run(const LeastSquaresLoss&, CpuDevice&);
void run(const LeastSquaresLoss&, CudaDevice&);

}  // namespace gan
