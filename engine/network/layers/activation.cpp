// Pointwise functions.
#include <nlohmann/json.hpp>

#include "engine/network/layers/layers.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

class ActivationLayer final : public Layer {
 public:
  explicit ActivationLayer(const ActivationOptions& options) : options_(options) {}

  nlohmann::json describe(std::span<const FeatureShape>) const override {
    switch (options_.kind) {
      case ActivationKind::Relu: return {{"type", "relu"}};
      case ActivationKind::LeakyRelu: return {{"type", "leaky_relu"}, {"negative_slope", options_.slope}};
      case ActivationKind::Tanh: return {{"type", "tanh"}};
      case ActivationKind::Sigmoid: return {{"type", "sigmoid"}};
    }
    throw Error("an activation of no kind");
  }

  FeatureShape output_shape(std::span<const FeatureShape> inputs) const override {
    require(inputs.size() == 1, "an activation takes one value, not {}", inputs.size());
    return inputs[0];
  }

  NodeRecord forward(const NodeContext& c, std::span<const Tensor> inputs,
                     const ForwardOptions& options) const override {
    const Tensor y = result(c, options, inputs[0].shape);
    c.builder.emit(ActivationForward{.kind = options_.kind, .slope = options_.slope, .x = inputs[0], .y = y});
    return {.inputs = {inputs[0]}, .output = y};
  }

  std::vector<Tensor> backward(const NodeContext& c, const NodeRecord& record, const Tensor& dy,
                               const GradientRequest& request) const override {
    if (!request.input_gradient) return {};
    return {scaled_by_derivative(c, record, dy)};
  }

  /// dx = f'(x) dy: d(P)/d(dy) = f'(x) v, and, unless the function is made of straight lines, d(P)/d(x) = f''(x) dy v.
  NodeTangent tangent(const NodeContext& c, const NodeRecord& record, const Tensor& dy, std::span<const Tensor> v,
                      const GradientRequest&) const override {
    if (!v[0].present()) return {};
    NodeTangent made{.output = scaled_by_derivative(c, record, v[0]), .inputs = {}};
    if (is_made_of_lines()) return made;
    const Shape& shape = record.output.shape;
    made.inputs.push_back(c.builder.transient(c.name + ".x", shape));
    c.builder.emit(ActivationTangent{.kind = options_.kind,
                                     .y = record.output,
                                     .dy = dy.reshaped(shape),
                                     .v = v[0].reshaped(shape),
                                     .second_order = made.inputs[0]});
    return made;
  }

 private:
  bool is_made_of_lines() const {
    return options_.kind == ActivationKind::Relu || options_.kind == ActivationKind::LeakyRelu;
  }

  Tensor scaled_by_derivative(const NodeContext& c, const NodeRecord& record, const Tensor& by) const {
    const Tensor made = c.builder.transient(c.name, record.output.shape);
    c.builder.emit(ActivationBackward{.kind = options_.kind,
                                      .slope = options_.slope,
                                      .y = record.output,
                                      .dy = by.reshaped(record.output.shape),
                                      .dx = made});
    return made;
  }

  ActivationOptions options_;
};

}  // namespace

LayerPointer activation_layer(const ActivationOptions& options) { return std::make_shared<ActivationLayer>(options); }

}  // namespace gan
