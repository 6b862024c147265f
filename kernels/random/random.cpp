#include "kernels/random/random.h"

#include <cmath>
#include <limits>

#include "kernels/core/contract/check_operand.h"
#include "kernels/random/philox.h"

namespace gan {

namespace {

void require_draw(const char* instruction, const Tensor& iteration, const Tensor& y) {
  require_scalar(instruction, "iteration", iteration);
  require_present(instruction, "y", y);
  require(y.count() <= kMaxStreamElements, "{}: a stream has at most {} elements an iteration, got {}", instruction,
          kMaxStreamElements, y.count());
}

}  // namespace

void validate(const RandomNormal& op) {
  require_element_types(op);
  require_draw(op.kName, op.iteration, op.y);
  require(std::isfinite(op.mean), "{}: mean is finite, got {}", op.kName, op.mean);
  require(std::isfinite(op.standard_deviation) && op.standard_deviation >= 0,
          "{}: standard_deviation is finite and not negative, got {}", op.kName, op.standard_deviation);
}

void validate(const RandomUniform& op) {
  require_element_types(op);
  require_draw(op.kName, op.iteration, op.y);
  require(op.low < op.high && std::isfinite(op.low) && std::isfinite(op.high - op.low),
          "{}: low is below high and their difference is finite, got {} and {}", op.kName, op.low, op.high);
}

void validate(const SampleIndices& op) {
  require_element_types(op);
  require_scalar(op.kName, "iteration", op.iteration);
  if (op.batches.present()) require_scalar(op.kName, "batches", op.batches);
  require_present(op.kName, "indices", op.indices);
  require(op.indices.shape.rank == 1, "{}: indices has one axis, got shape {}", op.kName, to_string(op.indices.shape));
  require(op.count >= 1 && op.count <= std::numeric_limits<std::int32_t>::max(),
          "{}: count is from 1 to 2^31 - 1, got {}", op.kName, op.count);
  require(op.batch_index < op.batches_per_iteration, "{}: batch_index {} is below batches_per_iteration {}", op.kName,
          op.batch_index, op.batches_per_iteration);
}

// Integer work is not counted as floating-point operations.

Cost cost(const RandomNormal& op) {
  // Half a logarithm (28) and a square root, half a sine-cosine pair (23), two products: per element.
  constexpr std::int64_t kFlopsPerElement = 29;
  return {.flops = kFlopsPerElement * op.y.count(), .bytes = operand_bytes(op)};
}

Cost cost(const RandomUniform& op) {
  return {.flops = 3 * op.y.count(), .bytes = operand_bytes(op)};  // to [0, 1), and a fused multiply-add
}

Cost cost(const SampleIndices& op) { return {.flops = 0, .bytes = operand_bytes(op)}; }

}  // namespace gan
