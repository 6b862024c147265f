#include "kernels/image/assemble_batch.h"

#include <limits>

#include "kernels/core/contract/check_operand.h"
#include "kernels/random/philox.h"

namespace gan {

void validate(const AssembleBatch& op) {
  require_element_types(op);
  require_scalar(op.kName, "iteration", op.iteration);
  require_present(op.kName, "data", op.data);
  require_present(op.kName, "indices", op.indices);
  require_present(op.kName, "y", op.y);
  require(op.data.shape.rank == 4 && op.data.shape[0] >= 1, "{}: data is (count, H, W, C) with count >= 1, got {}",
          op.kName, to_string(op.data.shape));
  require(op.indices.shape.rank == 1, "{}: indices has one axis, got shape {}", op.kName, to_string(op.indices.shape));
  const std::int64_t image = op.data.shape[1] * op.data.shape[2] * op.data.shape[3];
  require(image <= std::numeric_limits<std::int32_t>::max(), "{}: an image has at most 2^31 - 1 bytes, got {}",
          op.kName, image);
  const Shape batch{op.indices.shape[0], op.data.shape[1], op.data.shape[2], op.data.shape[3]};
  require_operand(op.kName, "y", op.y, batch);
}

Cost cost(const AssembleBatch& op) {
  // Of the data set only the bytes of the gathered images move: one byte for each element of y.
  const std::int64_t gathered = op.y.count();
  return {.flops = 2 * op.y.count(),
          .bytes = gathered + static_cast<std::int64_t>(op.indices.bytes() + op.y.bytes() + op.iteration.bytes())};
}

}  // namespace gan
