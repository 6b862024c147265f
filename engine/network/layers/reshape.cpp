// The same numbers under another shape. Emits nothing.
#include <nlohmann/json.hpp>

#include "engine/network/layers/layers.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

class ReshapeLayer final : public Layer {
 public:
  explicit ReshapeLayer(const FeatureShape& out) : out_(out) {}

  nlohmann::json describe(std::span<const FeatureShape>) const override {
    return {{"type", "reshape"}, {"shape", {out_.channels, out_.height, out_.width}}};
  }

  FeatureShape output_shape(std::span<const FeatureShape> inputs) const override {
    require(inputs.size() == 1 && inputs[0].count() == out_.count(), "reshapes to {} what has another size",
            to_string(out_));
    return out_;
  }

  bool is_view() const override { return true; }

  NodeRecord forward(const NodeContext&, std::span<const Tensor> inputs, const ForwardOptions&) const override {
    return {.inputs = {inputs[0]}, .output = inputs[0].reshaped(out_.batch(inputs[0].shape[0]))};
  }

  std::vector<Tensor> backward(const NodeContext&, const NodeRecord& record, const Tensor& dy,
                               const GradientRequest& request) const override {
    if (!request.input_gradient) return {};
    return {dy.reshaped(record.inputs[0].shape)};
  }

  NodeTangent tangent(const NodeContext&, const NodeRecord& record, const Tensor&, std::span<const Tensor> v,
                      const GradientRequest&) const override {
    if (!v[0].present()) return {};
    return {.output = v[0].reshaped(record.output.shape)};
  }

 private:
  FeatureShape out_;
};

}  // namespace

LayerPointer reshape_layer(const FeatureShape& out) { return std::make_shared<ReshapeLayer>(out); }

}  // namespace gan
