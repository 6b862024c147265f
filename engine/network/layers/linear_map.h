// What the layers without parameters that are linear in x share: y = A x, dx = A^T dy, and, as dx does not read x, a
// tangent is A v.
#pragma once

#include "engine/network/layer.h"

namespace gan {

/// A layer y = A x on images. A kind says its sizes, and emits A and its adjoint.
class LinearMapLayer : public Layer {
 public:
  NodeRecord forward(const NodeContext&, std::span<const Tensor> inputs, const ForwardOptions&) const final;
  std::vector<Tensor> backward(const NodeContext&, const NodeRecord&, const Tensor& dy,
                               const GradientRequest&) const final;
  NodeTangent tangent(const NodeContext&, const NodeRecord&, const Tensor& dy, std::span<const Tensor> v,
                      const GradientRequest&) const final;

 private:
  /// Emits y = A x and x = A^T y; both are (N, H, W, C).
  virtual void apply(Builder&, const Tensor& x, const Tensor& y) const = 0;
  virtual void apply_adjoint(Builder&, const Tensor& y, const Tensor& x) const = 0;
};

}  // namespace gan
