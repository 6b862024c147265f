#include "kernels/conv/conv.h"

#include <fmt/format.h>

#include <limits>

#include "kernels/conv/wgrad_split.h"
#include "kernels/core/contract/check_operand.h"

namespace gan {

namespace {

constexpr std::int64_t kMostElements = std::numeric_limits<std::int32_t>::max();

/// The product of positive extents, or kMostElements + 1 when it is larger than kMostElements.
std::int64_t bounded_product(std::initializer_list<std::int64_t> extents) {
  std::int64_t product = 1;
  for (const std::int64_t extent : extents) {
    if (extent > kMostElements / product) return kMostElements + 1;
    product *= extent;
  }
  return product;
}

}  // namespace

std::string to_string(const ConvShape& shape) {
  const auto pair = [](std::int64_t vertical, std::int64_t horizontal) {
    return vertical == horizontal ? fmt::format("{}", vertical) : fmt::format("{}x{}", vertical, horizontal);
  };
  return fmt::format("N{} {}x{}x{} -> {}x{}x{}, {}x{}/{} pad {}", shape.n, shape.h, shape.w, shape.c, shape.p(),
                     shape.q(), shape.k, shape.r, shape.s, pair(shape.stride_h, shape.stride_w),
                     pair(shape.pad_h, shape.pad_w));
}

void validate(const ConvShape& shape) {
  const auto positive = [](const char* name, std::int64_t value) {
    require(value >= 1 && value <= kMostElements, "convolution: {} is between 1 and {}, got {}", name, kMostElements,
            value);
  };
  positive("N", shape.n);
  positive("H", shape.h);
  positive("W", shape.w);
  positive("C", shape.c);
  positive("K", shape.k);
  positive("R", shape.r);
  positive("S", shape.s);
  positive("stride_h", shape.stride_h);
  positive("stride_w", shape.stride_w);
  require(shape.pad_h >= 0 && shape.pad_h < shape.r,
          "convolution: padding is at least 0 and below the filter's height {}, got {}", shape.r, shape.pad_h);
  require(shape.pad_w >= 0 && shape.pad_w < shape.s,
          "convolution: padding is at least 0 and below the filter's width {}, got {}", shape.s, shape.pad_w);
  const std::int64_t padded_h = shape.h + 2 * shape.pad_h, padded_w = shape.w + 2 * shape.pad_w;
  require(padded_h <= kMostElements && padded_w <= kMostElements,
          "convolution: a padded input of {}x{} has a side above {}", padded_h, padded_w, kMostElements);
  require(shape.r <= padded_h && shape.s <= padded_w,
          "convolution: a {}x{} filter does not fit into the padded input of {}x{}", shape.r, shape.s, padded_h,
          padded_w);
  const auto fits = [&](const char* name, std::int64_t count) {
    require(count <= kMostElements, "convolution {}: {} has {} elements or more, the most is {}", to_string(shape),
            name, count, kMostElements);
  };
  fits("x", bounded_product({shape.n, shape.h, shape.w, shape.c}));
  fits("w", bounded_product({shape.k, shape.r, shape.s, shape.c}));
  fits("y", bounded_product({shape.n, shape.p(), shape.q(), shape.k}));
}

std::int64_t ConvWgrad::workspace_count(const ConvShape& shape) {
  const WgradSplit split = wgrad_split(shape);
  return split.parts > 1 ? split.parts * shape.w_shape().count() : 0;
}

void validate(const ConvFprop& op) {
  require_element_types(op);
  validate(op.shape);
  require_operand(op.kName, "x", op.x, op.shape.x_shape());
  require_operand(op.kName, "w", op.w, op.shape.w_shape());
  require_operand(op.kName, "y", op.y, op.shape.y_shape());
}

void validate(const ConvDgrad& op) {
  require_element_types(op);
  validate(op.shape);
  require_operand(op.kName, "dy", op.dy, op.shape.y_shape());
  require_operand(op.kName, "w", op.w, op.shape.w_shape());
  require_operand(op.kName, "dx", op.dx, op.shape.x_shape());
}

void validate(const ConvWgrad& op) {
  require_element_types(op);
  validate(op.shape);
  require_operand(op.kName, "x", op.x, op.shape.x_shape());
  require_operand(op.kName, "dy", op.dy, op.shape.y_shape());
  require_operand(op.kName, "dw", op.dw, op.shape.w_shape());
  require_workspace(op.kName, op.workspace, ConvWgrad::workspace_count(op.shape));
}

Cost cost(const ConvFprop& op) { return {.flops = op.shape.flops(), .bytes = operand_bytes(op)}; }
Cost cost(const ConvDgrad& op) { return {.flops = op.shape.flops(), .bytes = operand_bytes(op)}; }
Cost cost(const ConvWgrad& op) {
  if (op.mode == ParamGrad::Skip) return {};
  return {.flops = op.shape.flops(), .bytes = operand_bytes(op)};
}

}  // namespace gan
