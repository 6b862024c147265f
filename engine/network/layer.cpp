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

NodeRecord NodeRecord::rows(std::int64_t first, std::int64_t count, const std::string& name) const {
  NodeRecord slice{.inputs = {}, .output = output.rows(first, count), .statistics = {}, .of_samples = {}};
  for (const Tensor& x : inputs) slice.inputs.push_back(x.rows(first, count));
  for (const Tensor& left : of_samples) slice.of_samples.push_back(left.rows(first, count));
  for (const Statistics& group : statistics) {
    const bool inside = group.first >= first && group.first + group.count <= first + count;
    require(inside || group.first + group.count <= first || group.first >= first + count,
            "{}: rows {} to {} cut a sub-batch with statistics of its own", name, first, first + count);
    if (!inside) continue;
    slice.statistics.push_back(group);
    slice.statistics.back().first -= first;
  }
  return slice;
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
