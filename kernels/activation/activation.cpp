#include "kernels/activation/activation.h"

#include "kernels/core/contract/check_operand.h"

namespace gan {

const char* name_of(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::Relu: return "relu";
    case ActivationKind::LeakyRelu: return "leaky relu";
    case ActivationKind::Tanh: return "tanh";
    case ActivationKind::Sigmoid: return "sigmoid";
  }
  throw Error("unknown activation");
}

namespace {

/// Floating-point operations of one element; a transcendental function counts as one.
std::int64_t flops_of(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::Relu: return 1;
    case ActivationKind::LeakyRelu: return 2;
    case ActivationKind::Tanh:
    case ActivationKind::Sigmoid: return 3;
  }
  return 0;
}

void require_slope(const char* name, ActivationKind kind, float slope) {
  if (kind != ActivationKind::LeakyRelu) return;
  require(slope > 0, "{}: a leaky relu's slope is positive (its backward reads the sign of x off y), got {}", name,
          slope);
}

}  // namespace

void validate(const ActivationForward& i) {
  require_element_types(i);
  require_slope(i.kName, i.kind, i.slope);
  require_present(i.kName, "x", i.x);
  require_operand(i.kName, "y", i.y, i.x.shape);
}

void validate(const ActivationBackward& i) {
  require_element_types(i);
  require_slope(i.kName, i.kind, i.slope);
  require_present(i.kName, "y", i.y);
  require_operand(i.kName, "dy", i.dy, i.y.shape);
  require_operand(i.kName, "dx", i.dx, i.y.shape);
}

void validate(const ActivationTangent& i) {
  require_element_types(i);
  require(i.kind == ActivationKind::Tanh || i.kind == ActivationKind::Sigmoid, "{}: {} is made of straight lines",
          i.kName, name_of(i.kind));
  require_present(i.kName, "y", i.y);
  require_operand(i.kName, "dy", i.dy, i.y.shape);
  require_operand(i.kName, "v", i.v, i.y.shape);
  require_operand(i.kName, "second_order", i.second_order, i.y.shape);
}

Cost cost(const ActivationForward& i) { return {.flops = flops_of(i.kind) * i.x.count(), .bytes = operand_bytes(i)}; }

Cost cost(const ActivationBackward& i) { return {.flops = flops_of(i.kind) * i.y.count(), .bytes = operand_bytes(i)}; }

// f'' takes five operations of either kind, the products with dy and v two.
Cost cost(const ActivationTangent& i) { return {.flops = 7 * i.y.count(), .bytes = operand_bytes(i)}; }

}  // namespace gan
