#include "kernels/elementwise/gather_rows.h"

#include "kernels/core/contract/check_operand.h"

namespace gan {

void validate(const GatherRows& op) {
  require_element_types(op);
  require_present(op.kName, "data", op.data);
  require_present(op.kName, "indices", op.indices);
  require(op.data.shape.rank >= 1 && op.data.shape[0] >= 1, "{}: data is (count, ...) with count >= 1, got {}",
          op.kName, to_string(op.data.shape));
  require(op.indices.shape.rank == 1, "{}: indices has one axis, got shape {}", op.kName, to_string(op.indices.shape));
  Shape rows = op.data.shape;
  rows.extent[0] = op.indices.shape[0];
  require_operand(op.kName, "y", op.y, rows);
  require(op.y.dtype == op.data.dtype, "{}: y is {}, expected {} as data", op.kName, name_of(op.y.dtype),
          name_of(op.data.dtype));
}

Cost cost(const GatherRows& op) {
  // Of the data only the gathered rows move.
  return {.flops = 0, .bytes = static_cast<std::int64_t>(2 * op.y.bytes() + op.indices.bytes())};
}

}  // namespace gan
