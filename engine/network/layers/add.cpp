// The sum of two values: where a residual block's branches meet.
#include <nlohmann/json.hpp>

#include "engine/network/layers/layers.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

class AddLayer final : public Layer {
 public:
  nlohmann::json describe(std::span<const FeatureShape>) const override { return {{"type", "add"}}; }

  FeatureShape output_shape(std::span<const FeatureShape> inputs) const override {
    require(inputs.size() == 2 && inputs[0] == inputs[1], "adds two values of one size");
    return inputs[0];
  }

  NodeRecord forward(const NodeContext& c, std::span<const Tensor> inputs,
                     const ForwardOptions& options) const override {
    const Tensor y = result(c, options, inputs[0].shape);
    c.builder.emit(Sum{.x = inputs[0], .y = inputs[1].reshaped(inputs[0].shape), .z = y});
    return {.inputs = {inputs[0], inputs[1]}, .output = y};
  }

  std::vector<Tensor> backward(const NodeContext&, const NodeRecord& record, const Tensor& dy,
                               const GradientRequest& request) const override {
    if (!request.input_gradient) return {};
    return {dy.reshaped(record.inputs[0].shape), dy.reshaped(record.inputs[1].shape)};
  }

  /// Both input gradients are dy itself: d(P)/d(dy) is the sum of what comes back for them.
  NodeTangent tangent(const NodeContext& c, const NodeRecord& record, const Tensor&, std::span<const Tensor> v,
                      const GradientRequest&) const override {
    if (!v[0].present()) return {.output = v[1]};
    if (!v[1].present()) return {.output = v[0]};
    const Tensor pushed = c.builder.transient(c.name, record.output.shape);
    c.builder.emit(Sum{.x = v[0].reshaped(pushed.shape), .y = v[1].reshaped(pushed.shape), .z = pushed});
    return {.output = pushed};
  }
};

}  // namespace

LayerPointer add_layer() { return std::make_shared<AddLayer>(); }

}  // namespace gan
