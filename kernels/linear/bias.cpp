#include "kernels/linear/bias.h"

#include "kernels/core/contract/channel_rows.h"
#include "kernels/core/contract/check_operand.h"
#include "kernels/core/cuda/column_grid.h"

namespace gan {

std::int64_t BiasGradient::workspace_count(std::int64_t rows, std::int64_t channels) {
  return reduction_workspace(rows, channels, 1);
}

void validate(const BiasAdd& i) {
  require_element_types(i);
  require_present(i.kName, "x", i.x);
  require(i.x.shape.rank >= 1, "{}: x is a scalar and has no channel axis", i.kName);
  require_operand(i.kName, "bias", i.bias, {channel_rows(i.x.shape).channels});
  require_operand(i.kName, "y", i.y, i.x.shape);
}

void validate(const BiasGradient& i) {
  require_element_types(i);
  require(i.mode != ParamGrad::Skip, "{}: nothing to do: the mode is Skip", i.kName);
  require_present(i.kName, "dy", i.dy);
  require(i.dy.shape.rank >= 1, "{}: dy is a scalar and has no channel axis", i.kName);
  const auto [rows, channels] = channel_rows(i.dy.shape);
  require_operand(i.kName, "dbias", i.dbias, {channels});
  require_workspace(i.kName, i.workspace, BiasGradient::workspace_count(rows, channels));
}

Cost cost(const BiasAdd& i) { return {.flops = i.x.count(), .bytes = operand_bytes(i)}; }

Cost cost(const BiasGradient& i) { return {.flops = i.dy.count(), .bytes = operand_bytes(i)}; }

}  // namespace gan
