#include "kernels/norm/batch_norm.h"

#include "kernels/core/contract/channel_rows.h"
#include "kernels/core/contract/check_operand.h"
#include "kernels/core/cuda/column_grid.h"

namespace gan {

namespace {

/// Checks x and what every form has beside it; returns the matrix view of x.
ChannelRows check_x(const char* name, const Tensor& x) {
  require_present(name, "x", x);
  require(x.shape.rank >= 1, "{}: x is a scalar and has no channel axis", name);
  const ChannelRows view = channel_rows(x.shape);
  require(view.rows >= 1 && view.channels >= 1, "{}: x is empty, its shape is {}", name, to_string(x.shape));
  return view;
}

void check_epsilon(const char* name, float epsilon) {
  require(epsilon >= 0, "{}: epsilon is not negative, got {}", name, epsilon);
}

}  // namespace

std::int64_t BatchNormForward::workspace_count(std::int64_t rows, std::int64_t channels) {
  constexpr int kCountMeanM2 = 3;
  return reduction_workspace(rows, channels, kCountMeanM2);
}

std::int64_t BatchNormBackward::workspace_count(std::int64_t rows, std::int64_t channels) {
  constexpr int kSums = 2;  // of dy and dy xhat; their means, once more, lie before the partial sums
  return kSums * channels + reduction_workspace(rows, channels, kSums);
}

void validate(const BatchNormForward& i) {
  require_element_types(i);
  const auto [rows, channels] = check_x(i.kName, i.x);
  check_epsilon(i.kName, i.epsilon);
  require_operand(i.kName, "gamma", i.gamma, {channels});
  require_operand(i.kName, "beta", i.beta, {channels});
  require(i.running_mean.present() == i.running_variance.present(),
          "{}: running_mean and running_variance come together or not at all", i.kName);
  if (i.running_mean.present()) {
    require_operand(i.kName, "running_mean", i.running_mean, {channels});
    require_operand(i.kName, "running_variance", i.running_variance, {channels});
    require(rows >= 2, "{}: one row has no unbiased variance for running_variance; x has shape {}", i.kName,
            to_string(i.x.shape));
    require(i.momentum >= 0 && i.momentum <= 1, "{}: momentum lies between 0 and 1, got {}", i.kName, i.momentum);
  }
  require_operand(i.kName, "y", i.y, i.x.shape);
  require_operand(i.kName, "mean", i.mean, {channels});
  require_operand(i.kName, "inverse_std", i.inverse_std, {channels});
  require_workspace(i.kName, i.workspace, BatchNormForward::workspace_count(rows, channels));
}

void validate(const BatchNormBackward& i) {
  require_element_types(i);
  const auto [rows, channels] = check_x(i.kName, i.x);
  require_operand(i.kName, "dy", i.dy, i.x.shape);
  require_operand(i.kName, "gamma", i.gamma, {channels});
  require_operand(i.kName, "mean", i.mean, {channels});
  require_operand(i.kName, "inverse_std", i.inverse_std, {channels});
  require_operand(i.kName, "dx", i.dx, i.x.shape);
  if (i.mode == ParamGrad::Skip) {
    require(!i.dgamma.present() && !i.dbeta.present(), "{}: dgamma and dbeta are left out when the mode is Skip",
            i.kName);
  } else {
    require_operand(i.kName, "dgamma", i.dgamma, {channels});
    require_operand(i.kName, "dbeta", i.dbeta, {channels});
  }
  require_workspace(i.kName, i.workspace, BatchNormBackward::workspace_count(rows, channels));
}

void validate(const BatchNormInference& i) {
  require_element_types(i);
  const ChannelRows view = check_x(i.kName, i.x);
  check_epsilon(i.kName, i.epsilon);
  require_operand(i.kName, "gamma", i.gamma, {view.channels});
  require_operand(i.kName, "beta", i.beta, {view.channels});
  require_operand(i.kName, "running_mean", i.running_mean, {view.channels});
  require_operand(i.kName, "running_variance", i.running_variance, {view.channels});
  require_operand(i.kName, "y", i.y, i.x.shape);
}

// An element: 1 (mean) + 3 (squared deviation) + 4 (subtract, scale, shift).
Cost cost(const BatchNormForward& i) { return {.flops = 8 * i.x.count(), .bytes = operand_bytes(i)}; }

// An element: 1 (sum dy) + 3 (sum dy (x - mean)) + 6 (dx from dy and x, two multiply-adds and a subtraction, rounded
// up).
Cost cost(const BatchNormBackward& i) { return {.flops = 10 * i.x.count(), .bytes = operand_bytes(i)}; }

Cost cost(const BatchNormInference& i) { return {.flops = 4 * i.x.count(), .bytes = operand_bytes(i)}; }

}  // namespace gan
