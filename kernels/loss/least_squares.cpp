#include "kernels/loss/least_squares.h"

#include <cmath>

#include "kernels/loss/check_logits.h"

namespace gan {

void validate(const LeastSquaresLoss& op) {
  require_loss_of_logits(op);
  require_scalar(op.kName, "mean_logit", op.mean_logit);
  require(std::isfinite(op.target), "{}: target is finite, got {}", op.kName, op.target);
}

Cost cost(const LeastSquaresLoss& op) {
  // The distance, its scaling, the square and its half; scaling of the mean, two sums.
  constexpr std::int64_t kFlopsPerLogit = 7;
  return {.flops = kFlopsPerLogit * op.logits.count(), .bytes = operand_bytes(op)};
}

}  // namespace gan
