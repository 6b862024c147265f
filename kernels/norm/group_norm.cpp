#include "kernels/norm/group_norm.h"

#include "kernels/core/contract/channel_rows.h"
#include "kernels/core/contract/check_operand.h"
#include "kernels/core/cuda/column_grid.h"
#include "kernels/norm/sample_grid.h"

namespace gan {

namespace {

/// Checks x and what every form has beside it; returns the view of x.
template <class Instruction>
GroupNormShape check_x(const Instruction& i) {
  require_element_types(i);
  require_present(i.kName, "x", i.x);
  require(i.x.shape.rank >= 2, "{}: x has shape {}, expected (N, ..., C)", i.kName, to_string(i.x.shape));
  const GroupNormShape shape = group_norm_shape(i.x.shape, i.groups);
  require(shape.samples >= 1 && shape.rows >= 1 && shape.channels >= 1, "{}: x is empty, its shape is {}", i.kName,
          to_string(i.x.shape));
  require(i.groups >= 1 && shape.channels % i.groups == 0, "{}: {} groups do not divide {} channels", i.kName, i.groups,
          shape.channels);
  require_operand(i.kName, "gamma", i.gamma, {shape.channels});
  require_operand(i.kName, "mean", i.mean, {shape.samples, i.groups});
  require_operand(i.kName, "inverse_std", i.inverse_std, {shape.samples, i.groups});
  return shape;
}

void check_parameter_gradient(const char* name, const char* operand, const Tensor& gradient, ParamGrad mode,
                              std::int64_t channels) {
  if (mode == ParamGrad::Skip) require(!gradient.present(), "{}: {} is left out when the mode is Skip", name, operand);
  else require_operand(name, operand, gradient, {channels});
}

/// Floats for `sums` sums by (sample, slice, channel), as many by group, and what adding up `parameters` of a channel's
/// gradients over samples and slices takes.
std::int64_t sums_workspace(const GroupNormShape& s, int sums, int parameters) {
  const std::int64_t slices = s.samples * most_slices(s.samples, s.rows, s.channels);
  return sums * (s.samples * s.groups + slices * s.channels) + reduction_workspace(slices, s.channels, parameters);
}

}  // namespace

GroupNormShape group_norm_shape(const Shape& x, std::int64_t groups) {
  const auto [all_rows, channels] = channel_rows(x);
  return {.samples = x[0], .rows = x[0] == 0 ? 0 : all_rows / x[0], .channels = channels, .groups = groups};
}

std::int64_t GroupNormForward::workspace_count(const GroupNormShape& s) {
  constexpr int kCountMeanM2 = 3;
  return s.samples * most_slices(s.samples, s.rows, s.channels) * s.channels * kCountMeanM2;
}

std::int64_t GroupNormBackward::workspace_count(const GroupNormShape& s) {
  return sums_workspace(s, 2, 2);  // of dy and dy xhat, and of dbeta and dgamma
}

std::int64_t GroupNormTangent::workspace_count(const GroupNormShape& s) {
  return sums_workspace(s, 5, 1);  // of dy, dy xhat, v, v xhat and dy v, and of dgamma
}

void validate(const GroupNormForward& i) {
  const GroupNormShape shape = check_x(i);
  require(i.epsilon > 0, "{}: epsilon is positive, got {}", i.kName, i.epsilon);
  require_operand(i.kName, "beta", i.beta, {shape.channels});
  require_operand(i.kName, "y", i.y, i.x.shape);
  require_workspace(i.kName, i.workspace, GroupNormForward::workspace_count(shape));
}

void validate(const GroupNormBackward& i) {
  const GroupNormShape shape = check_x(i);
  require_operand(i.kName, "dy", i.dy, i.x.shape);
  require_operand(i.kName, "dx", i.dx, i.x.shape);
  check_parameter_gradient(i.kName, "dgamma", i.dgamma, i.mode, shape.channels);
  check_parameter_gradient(i.kName, "dbeta", i.dbeta, i.mode, shape.channels);
  require_workspace(i.kName, i.workspace, GroupNormBackward::workspace_count(shape));
}

void validate(const GroupNormTangent& i) {
  const GroupNormShape shape = check_x(i);
  require_operand(i.kName, "dy", i.dy, i.x.shape);
  require_operand(i.kName, "v", i.v, i.x.shape);
  require_operand(i.kName, "pushed", i.pushed, i.x.shape);
  require_operand(i.kName, "second_order", i.second_order, i.x.shape);
  check_parameter_gradient(i.kName, "dgamma", i.dgamma, i.mode, shape.channels);
  require_workspace(i.kName, i.workspace, GroupNormTangent::workspace_count(shape));
}

// An element: 1 (mean) + 3 (squared deviation) + 4 (subtract, scale, shift).
Cost cost(const GroupNormForward& i) { return {.flops = 8 * i.x.count(), .bytes = operand_bytes(i)}; }

// An element: 1 (sum dy) + 3 (sum dy (x - mean)) + 6 (dx from dy and x, two multiply-adds and a subtraction, rounded up).
Cost cost(const GroupNormBackward& i) { return {.flops = 10 * i.x.count(), .bytes = operand_bytes(i)}; }

// An element: 1 (x - mean) + 2 (sums of dy and v) + 6 (sums of three products); 1 + 4 (pushed, two multiply-adds) + 6
// (second_order, three multiply-adds).
Cost cost(const GroupNormTangent& i) { return {.flops = 20 * i.x.count(), .bytes = operand_bytes(i)}; }

}  // namespace gan
