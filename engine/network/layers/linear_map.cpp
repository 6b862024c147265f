#include "engine/network/layers/linear_map.h"

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

FeatureShape image_of(const Shape& shape) { return {shape[1], shape[2], shape[3]}; }

}  // namespace

NodeRecord LinearMapLayer::forward(const NodeContext& c, std::span<const Tensor> inputs,
                                   const ForwardOptions& options) const {
  const Tensor& x = inputs[0];
  require(x.shape.rank == 4, "{}: takes images (N, H, W, C), not {}; a reshape makes some of vectors", c.name,
          to_string(x.shape));
  const FeatureShape image = image_of(x.shape);
  const Tensor y = result(c, options, output_shape({&image, 1}).batch(x.shape[0]));
  apply(c.builder, x, y);
  return {.inputs = {x}, .output = y};
}

std::vector<Tensor> LinearMapLayer::backward(const NodeContext& c, const NodeRecord& record, const Tensor& dy,
                                             const GradientRequest& request) const {
  if (!request.input_gradient) return {};
  const Tensor dx = c.builder.transient(c.name, record.inputs[0].shape);
  apply_adjoint(c.builder, dy.reshaped(record.output.shape), dx);
  return {dx};
}

NodeTangent LinearMapLayer::tangent(const NodeContext& c, const NodeRecord& record, const Tensor&,
                                    std::span<const Tensor> v, const GradientRequest&) const {
  if (!v[0].present()) return {};
  const Tensor pushed = c.builder.transient(c.name, record.output.shape);
  apply(c.builder, v[0].reshaped(record.inputs[0].shape), pushed);
  return {.output = pushed};
}

}  // namespace gan
