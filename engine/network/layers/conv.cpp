// Convolution, and transposed convolution, which is its input gradient with the roles swapped.
//
// A convolution whose filter covers its whole input is a linear layer on the same bytes: (N, HWC) times (K, RSC)^T. DCGAN's
// first generator layer (latent to base grid, transposed) and last discriminator layer are of this kind.
#include <nlohmann/json.hpp>

#include "engine/network/layers/layers.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

class ConvLayer final : public Layer {
 public:
  ConvLayer(const FeatureShape& in, const ConvOptions& options) : in_(in), options_(options) {}

  nlohmann::json describe(std::span<const FeatureShape>) const override {
    const ConvOptions& o = options_;
    nlohmann::json module = {{"type", o.transposed ? "conv_transpose2d" : "conv2d"},
                             {"in_channels", in_.channels},
                             {"out_channels", o.out.channels},
                             {"kernel_size", {o.kernel_h, o.kernel_w}},
                             {"stride", {o.stride_h, o.stride_w}},
                             {"padding", {o.pad_h, o.pad_w}}};
    if (o.transposed)
      module["output_padding"] = {o.out.height - ((in_.height - 1) * o.stride_h - 2 * o.pad_h + o.kernel_h),
                                  o.out.width - ((in_.width - 1) * o.stride_w - 2 * o.pad_w + o.kernel_w)};
    if (o.bias) module["bias"] = true;
    if (o.spectral_norm) module["spectral_norm"] = true;
    return module;
  }

  FeatureShape output_shape(std::span<const FeatureShape> inputs) const override {
    require(
        !options_.transposed || !options_.spectral_norm,
        "spectral normalisation of a transposed convolution: its matrix is (outputs, rest), which is no view of KRSC");
    require(inputs.size() == 1 && inputs[0].count() == in_.count(), "a convolution on {} takes one value of that size",
            to_string(in_));
    const ConvShape shape = shape_of(1);
    const FeatureShape& y = options_.transposed ? in_ : options_.out;
    require(shape.p() == y.height && shape.q() == y.width, "the convolution {} makes {}x{}, not {}x{}",
            to_string(shape), shape.p(), shape.q(), y.height, y.width);
    return options_.out;
  }

  /// KRSC in memory; OIHW in a file, which for a transposed convolution is PyTorch's IOHW: there K is the input.
  std::vector<ParameterSpec> parameters() const override {
    const ConvShape s = shape_of(1);
    const FileLayout layout{{s.k, s.r, s.s, s.c}, {0, 3, 1, 2}, {s.k, s.c, s.r, s.s}};
    std::vector<ParameterSpec> specs = {{.name = "weight",
                                         .layout = layout,
                                         .initializer = options_.weight,
                                         .spectral_row_axes = options_.spectral_norm ? 1 : 0}};
    if (options_.bias)
      specs.push_back(
          {.name = "bias", .layout = FileLayout::same({options_.out.channels}), .initializer = options_.bias_start});
    return specs;
  }

  NodeRecord forward(const NodeContext& c, std::span<const Tensor> inputs,
                     const ForwardOptions& options) const override {
    const std::int64_t n = inputs[0].shape[0];
    const Tensor x = inputs[0].reshaped(in_.batch(n));
    const Tensor y = result(c, options, options_.out.batch(n));
    const Tensor product = options_.bias ? c.builder.transient(c.name + ".product", y.shape) : y;
    apply(c, x, product);
    if (options_.bias) c.builder.emit(BiasAdd{.x = product, .bias = c.parameters[1], .y = y});
    return {.inputs = {x}, .output = y};
  }

  std::vector<Tensor> backward(const NodeContext& c, const NodeRecord& record, const Tensor& dy,
                               const GradientRequest& request) const override {
    if (request.products) weight_gradients(c, record.inputs[0], dy, request);
    if (!request.input_gradient) return {};
    const std::int64_t n = dy.shape[0];
    const ConvShape shape = shape_of(n);
    const Tensor dout = dy.reshaped(options_.out.batch(n)), w = c.parameters[0];
    const Tensor dx = c.builder.transient(c.name, in_.batch(n));
    if (options_.transposed && shape.covers_input()) c.builder.emit(LinearFprop{.x = dout, .w = w, .y = dx});
    else if (options_.transposed) c.builder.emit(ConvFprop{.shape = shape, .x = dout, .w = w, .y = dx});
    else if (shape.covers_input()) c.builder.emit(LinearDgrad{.dy = dout, .w = w, .dx = dx});
    else c.builder.emit(ConvDgrad{.shape = shape, .dy = dout, .w = w, .dx = dx});
    return {dx};
  }

  void weight_gradients(const NodeContext& c, const Tensor& x, const Tensor& dy,
                        const GradientRequest& request) const override {
    if (request.mode == ParamGrad::Skip) return;
    const std::int64_t n = dy.shape[0];
    const ConvShape shape = shape_of(n);
    const Tensor in = x.reshaped(in_.batch(n)), dout = dy.reshaped(options_.out.batch(n));
    // In the convolution's own terms: a transposed layer's output is its x, so dout is its "x" in the weight gradient.
    const Tensor conv_x = options_.transposed ? dout : in;
    const Tensor conv_dy = options_.transposed ? in : dout;
    const Tensor dw = request.gradients[0];
    if (shape.covers_input()) c.builder.emit(LinearWgrad{.x = conv_x, .dy = conv_dy, .dw = dw, .mode = request.mode});
    else
      c.builder.emit(ConvWgrad{.shape = shape,
                               .x = conv_x,
                               .dy = conv_dy,
                               .dw = dw,
                               .workspace = c.builder.workspace(ConvWgrad::workspace_count(shape)),
                               .mode = request.mode});
    if (!options_.bias || !request.bias) return;
    const std::int64_t rows = dout.count() / options_.out.channels;
    c.builder.emit(
        BiasGradient{.dy = dout,
                     .dbias = request.gradients[1],
                     .workspace = c.builder.workspace(BiasGradient::workspace_count(rows, options_.out.channels)),
                     .mode = request.mode});
  }

  /// The input gradient is linear in dy and does not read x: d(P)/d(dy) is the forward of v, without bias.
  NodeTangent tangent(const NodeContext& c, const NodeRecord&, const Tensor&, std::span<const Tensor> v,
                      const GradientRequest&) const override {
    if (!v[0].present()) return {};
    const std::int64_t n = v[0].shape[0];
    const Tensor pushed = c.builder.transient(c.name, options_.out.batch(n));
    apply(c, v[0].reshaped(in_.batch(n)), pushed);
    return {.output = pushed};
  }

 private:
  /// The convolution that the layer is, or whose input gradient it is.
  ConvShape shape_of(std::int64_t n) const {
    const FeatureShape& x = options_.transposed ? options_.out : in_;
    const FeatureShape& y = options_.transposed ? in_ : options_.out;
    return {.n = n,
            .h = x.height,
            .w = x.width,
            .c = x.channels,
            .k = y.channels,
            .r = options_.kernel_h,
            .s = options_.kernel_w,
            .stride_h = options_.stride_h,
            .stride_w = options_.stride_w,
            .pad_h = options_.pad_h,
            .pad_w = options_.pad_w};
  }

  /// y = the layer's product with x.
  void apply(const NodeContext& c, const Tensor& x, const Tensor& y) const {
    const ConvShape shape = shape_of(x.shape[0]);
    const Tensor w = c.parameters[0];
    if (options_.transposed && shape.covers_input()) c.builder.emit(LinearDgrad{.dy = x, .w = w, .dx = y});
    else if (options_.transposed) c.builder.emit(ConvDgrad{.shape = shape, .dy = x, .w = w, .dx = y});
    else if (shape.covers_input()) c.builder.emit(LinearFprop{.x = x, .w = w, .y = y});
    else c.builder.emit(ConvFprop{.shape = shape, .x = x, .w = w, .y = y});
  }

  FeatureShape in_;
  ConvOptions options_;
};

}  // namespace

LayerPointer conv_layer(const FeatureShape& in, const ConvOptions& options) {
  return std::make_shared<ConvLayer>(in, options);
}

}  // namespace gan
