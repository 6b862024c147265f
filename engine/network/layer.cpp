#include "engine/network/layer.h"

#include "kernels/core/contract/error.h"

namespace gan {

FileLayout FileLayout::same(const Shape& shape) {
  FileLayout layout{.memory_shape = shape};
  for (int axis = 0; axis < shape.rank; ++axis) {
    layout.permutation.push_back(axis);
    layout.file_shape.push_back(shape[axis]);
  }
  return layout;
}

void Layer::weight_gradients(const NodeContext&, const Tensor&, const Tensor&, const GradientRequest&) const {}

NodeTangent Layer::tangent(const NodeContext& context, const NodeRecord&, const Tensor&, std::span<const Tensor>,
                           const GradientRequest&) const {
  throw Error(fmt::format("{}: this kind of layer has no double backward", context.name));
}

Tensor Layer::result(const NodeContext& context, const ForwardOptions& options, const Shape& shape) {
  return options.output.present() ? options.output.reshaped(shape) : context.builder.transient(context.name, shape);
}

void Layer::refuse_overwriting(const NodeContext& context, const GradientRequest& request) {
  require(request.mode != ParamGrad::Overwrite,
          "{}: a norm layer's gradients of a tangent sweep can only be added, as they leave beta's alone",
          context.name);
}

}  // namespace gan
