// What a new kind of layer takes: one file like this, and the line in negation_layer.h. It takes part in every sweep.
#include "tests/engine/network/negation_layer.h"

#include <nlohmann/json.hpp>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

class NegationLayer final : public Layer {
 public:
  nlohmann::json describe(std::span<const FeatureShape>) const override { return {{"type", "negation"}}; }

  FeatureShape output_shape(std::span<const FeatureShape> inputs) const override {
    require(inputs.size() == 1, "negates one value");
    return inputs[0];
  }

  NodeRecord forward(const NodeContext& c, std::span<const Tensor> inputs,
                     const ForwardOptions& options) const override {
    return {.inputs = {inputs[0]}, .output = negated(c, inputs[0], result(c, options, inputs[0].shape))};
  }

  std::vector<Tensor> backward(const NodeContext& c, const NodeRecord&, const Tensor& dy,
                               const GradientRequest& request) const override {
    if (!request.input_gradient) return {};
    return {negated(c, dy, c.builder.transient(c.name, dy.shape))};
  }

  NodeTangent tangent(const NodeContext& c, const NodeRecord&, const Tensor&, std::span<const Tensor> v,
                      const GradientRequest&) const override {
    if (!v[0].present()) return {};
    return {.output = negated(c, v[0], c.builder.transient(c.name, v[0].shape))};
  }

 private:
  static Tensor negated(const NodeContext& c, const Tensor& x, const Tensor& y) {
    c.builder.emit(Sum{.x = x, .y = x, .z = y, .alpha = -1, .beta = 0});
    return y;
  }
};

}  // namespace

LayerPointer negation_layer() { return std::make_shared<NegationLayer>(); }

}  // namespace gan
