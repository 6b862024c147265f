// y = x w^T + bias, on the features of an image or vector in one row.
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/network/layers/layers.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

class LinearLayer final : public Layer {
 public:
  LinearLayer(const FeatureShape& in, const LinearOptions& options) : in_(in), options_(options) {}

  nlohmann::json describe(std::span<const FeatureShape>) const override {
    nlohmann::json module = {{"type", "linear"}, {"in_features", in_.count()}, {"out_features", out()}};
    if (!options_.bias) module["bias"] = false;
    if (options_.spectral_norm) module["spectral_norm"] = true;
    return module;
  }

  FeatureShape output_shape(std::span<const FeatureShape> inputs) const override {
    require(inputs.size() == 1 && inputs[0].count() == in_.count(), "a linear layer takes one value of {} numbers",
            in_.count());
    return options_.out;
  }

  std::vector<ParameterSpec> parameters() const override {
    const FileLayout layout = weight_layout();
    const Initializer usual = Initializer::normal(0, 1 / std::sqrt(static_cast<float>(in_.count())));
    const int row_axes = layout.memory_shape[0] == out() ? 1 : layout.memory_shape.rank - 1;
    std::vector<ParameterSpec> specs = {{.name = "weight",
                                         .layout = layout,
                                         .initializer = options_.weight.value_or(usual),
                                         .spectral_row_axes = options_.spectral_norm ? row_axes : 0}};
    if (options_.bias) specs.push_back({.name = "bias", .layout = bias_layout(), .initializer = options_.bias_start});
    return specs;
  }

  NodeRecord forward(const NodeContext& c, std::span<const Tensor> inputs,
                     const ForwardOptions& options) const override {
    const Tensor& x = inputs[0];
    const std::int64_t n = x.shape[0];
    const Tensor y = result(c, options, {n, out()});
    const Tensor product = options_.bias ? c.builder.transient(c.name + ".product", {n, out()}) : y;
    c.builder.emit(LinearFprop{.x = x, .w = weight(c.parameters[0]), .y = product});
    if (options_.bias) c.builder.emit(BiasAdd{.x = product, .bias = c.parameters[1].reshaped({out()}), .y = y});
    return {.inputs = {x}, .output = y};
  }

  std::vector<Tensor> backward(const NodeContext& c, const NodeRecord& record, const Tensor& dy,
                               const GradientRequest& request) const override {
    if (request.products) weight_gradients(c, record.inputs[0], dy, request);
    if (!request.input_gradient) return {};
    const Tensor dx = c.builder.transient(c.name, record.inputs[0].shape);
    c.builder.emit(LinearDgrad{.dy = rows(dy), .w = weight(c.parameters[0]), .dx = dx});
    return {dx};
  }

  void weight_gradients(const NodeContext& c, const Tensor& x, const Tensor& dy,
                        const GradientRequest& request) const override {
    if (request.mode == ParamGrad::Skip) return;
    const Tensor dout = rows(dy);
    c.builder.emit(LinearWgrad{.x = x, .dy = dout, .dw = weight(request.gradients[0]), .mode = request.mode});
    if (!options_.bias || !request.bias) return;
    c.builder.emit(BiasGradient{.dy = dout,
                                .dbias = request.gradients[1].reshaped({out()}),
                                .workspace = c.builder.workspace(BiasGradient::workspace_count(dout.shape[0], out())),
                                .mode = request.mode});
  }

  /// dx = dy w is linear in dy and does not read x: d(P)/d(dy) = v w^T.
  NodeTangent tangent(const NodeContext& c, const NodeRecord& record, const Tensor&, std::span<const Tensor> v,
                      const GradientRequest&) const override {
    if (!v[0].present()) return {};
    const Tensor pushed = c.builder.transient(c.name, record.output.shape);
    c.builder.emit(LinearFprop{.x = v[0], .w = weight(c.parameters[0]), .y = rows(pushed)});
    return {.output = pushed};
  }

 private:
  std::int64_t out() const { return options_.out.count(); }
  Tensor weight(const Tensor& stored) const { return stored.reshaped({out(), in_.count()}); }
  Tensor rows(const Tensor& y) const { return y.reshaped({y.shape[0], out()}); }

  FileLayout weight_layout() const {
    const FeatureShape& image = options_.out;
    const std::int64_t in = in_.count();
    if (in_.height * in_.width > 1) return {{out(), in_.height, in_.width, in_.channels}, {0, 3, 1, 2}, {out(), in}};
    if (image.height * image.width > 1)
      return {{image.height, image.width, image.channels, in}, {2, 0, 1, 3}, {out(), in}};
    return FileLayout::same({out(), in});
  }
  FileLayout bias_layout() const {
    return {{options_.out.height, options_.out.width, options_.out.channels}, {2, 0, 1}, {out()}};
  }

  FeatureShape in_;
  LinearOptions options_;
};

}  // namespace

LayerPointer linear_layer(const FeatureShape& in, const LinearOptions& options) {
  return std::make_shared<LinearLayer>(in, options);
}

}  // namespace gan
