#include "kernels/loss/relativistic.h"

#include "kernels/loss/check_logits.h"

namespace gan {

void validate(const RelativisticLoss& op) {
  require_element_types(op);
  require_logits(op.kName, "real", op.real);
  require_operand(op.kName, "fake", op.fake, op.real.shape);
  require_scalar(op.kName, "loss", op.loss);
  if (op.dreal.present()) require_operand(op.kName, "dreal", op.dreal, op.real.shape);
  require_operand(op.kName, "dfake", op.dfake, op.real.shape);
  require_scalar(op.kName, "mean_sigmoid", op.mean_sigmoid);
  require(op.sign == 1 || op.sign == -1, "{}: sign is 1 or -1, got {}", op.kName, op.sign);
}

Cost cost(const RelativisticLoss& op) {
  // Difference, sign, |m|, exp, log1p, max, 1 + e, two quotients; scaling of loss, gradient and mean, two sums.
  constexpr std::int64_t kFlopsPerPair = 14;
  return {.flops = kFlopsPerPair * op.real.count(), .bytes = operand_bytes(op)};
}

}  // namespace gan
