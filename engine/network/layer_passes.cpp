#include "engine/network/layer_passes.h"

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr float kRunningMomentum = 0.1f;  // PyTorch's default

Shape batch_of(std::int64_t n, const ImageShape& image) { return {n, image.height, image.width, image.channels}; }

/// The convolution a layer is, or whose input gradient it is.
ConvShape conv_shape(const ConvLayer& l, std::int64_t n) {
  const ImageShape& x = l.transposed ? l.out : l.in;
  const ImageShape& y = l.transposed ? l.in : l.out;
  return {.n = n,
          .h = x.height,
          .w = x.width,
          .c = x.channels,
          .k = y.channels,
          .r = l.kernel_h,
          .s = l.kernel_w,
          .stride_h = l.stride_h,
          .stride_w = l.stride_w,
          .pad_h = l.pad_h,
          .pad_w = l.pad_w};
}

std::int64_t rows_of(const Tensor& x) { return x.count() / x.shape[x.shape.rank - 1]; }

/// Input and output sizes of a layer, for those that have their own; `at` passes through the others.
struct Sizes {
  ImageShape in, out;
};
Sizes sizes_of(const Layer& layer, const ImageShape& at) {
  if (const auto* l = std::get_if<LinearLayer>(&layer)) return {l->in, l->out};
  if (const auto* l = std::get_if<ConvLayer>(&layer)) return {l->in, l->out};
  if (const auto* l = std::get_if<ReshapeLayer>(&layer)) return {at, l->out};
  return {at, at};
}

}  // namespace

void check_layer_sizes(const NetworkSpec& spec) {
  ImageShape at = spec.input;
  for (std::size_t i = 0; i < spec.layers.size(); ++i) {
    const Layer& layer = spec.layers[i];
    const Sizes sizes = sizes_of(layer, at);
    require(sizes.in.count() == at.count(), "{}, layer {}: takes {} values, the layer before makes {}", spec.name, i,
            sizes.in.count(), at.count());
    if (const auto* l = std::get_if<ConvLayer>(&layer)) {
      const ConvShape shape = conv_shape(*l, 1);
      const ImageShape& y = l->transposed ? l->in : l->out;
      require(shape.p() == y.height && shape.q() == y.width, "{}, layer {}: the convolution {} makes {}x{}, not {}x{}",
              spec.name, i, to_string(shape), shape.p(), shape.q(), y.height, y.width);
    }
    if (const auto* l = std::get_if<BatchNormLayer>(&layer))
      require(l->channels == at.channels, "{}, layer {}: batch norm of {} channels on {}", spec.name, i, l->channels,
              at.channels);
    if (std::holds_alternative<ReshapeLayer>(layer))
      require(sizes.out.count() == at.count(), "{}, layer {}: reshapes {} values to {}", spec.name, i, at.count(),
              sizes.out.count());
    at = sizes.out;
  }
  require(at == spec.output, "{}: makes {}x{}x{}, should make {}x{}x{}", spec.name, at.height, at.width, at.channels,
          spec.output.height, spec.output.width, spec.output.channels);
}

Pass::LayerRecord layer_forward(const LinearLayer& l, const Tensor& x, const LayerParameters& own,
                                const ForwardContext& c) {
  const std::int64_t n = x.shape[0], out = l.out.count();
  const Tensor weight = own.parameters[0].value.reshaped({out, l.in.count()});
  const Tensor product = c.builder.transient(c.name + ".product", {n, out});
  const Tensor y = c.builder.transient(c.name, {n, out});
  c.builder.emit(LinearFprop{.x = x, .w = weight, .y = product});
  c.builder.emit(BiasAdd{.x = product, .bias = own.parameters[1].value.reshaped({out}), .y = y});
  return {.input = x, .output = y};
}

Tensor layer_backward(const LinearLayer& l, const Pass::LayerRecord& record, const Tensor& dy,
                      const LayerParameters& own, const BackwardContext& c) {
  const std::int64_t out = l.out.count();
  const Tensor dout = dy.reshaped({dy.shape[0], out});
  const Shape weight_shape{out, l.in.count()};
  if (c.mode != ParamGrad::Skip) {
    c.builder.emit(
        LinearWgrad{.x = record.input, .dy = dout, .dw = c.gradients[0].reshaped(weight_shape), .mode = c.mode});
    c.builder.emit(BiasGradient{.dy = dout,
                                .dbias = c.gradients[1].reshaped({out}),
                                .workspace = c.builder.workspace(BiasGradient::workspace_count(dout.shape[0], out)),
                                .mode = c.mode});
  }
  if (!c.input_gradient) return {};
  const Tensor dx = c.builder.transient(c.name, record.input.shape);
  c.builder.emit(LinearDgrad{.dy = dout, .w = own.parameters[0].value.reshaped(weight_shape), .dx = dx});
  return dx;
}

// A convolution whose filter covers its whole input is a linear layer on the same bytes: (N, HWC) times (K, RSC)^T.
// DCGAN's first generator layer (latent to base grid, transposed) and last discriminator layer are of this kind.

Pass::LayerRecord layer_forward(const ConvLayer& l, const Tensor& x, const LayerParameters& own,
                                const ForwardContext& c) {
  const std::int64_t n = x.shape[0];
  const ConvShape shape = conv_shape(l, n);
  const Tensor in = x.reshaped(batch_of(n, l.in));
  const Tensor w = own.parameters[0].value;
  const Tensor y = c.builder.transient(c.name, batch_of(n, l.out));
  if (l.transposed && shape.covers_input()) c.builder.emit(LinearDgrad{.dy = in, .w = w, .dx = y});
  else if (l.transposed) c.builder.emit(ConvDgrad{.shape = shape, .dy = in, .w = w, .dx = y});
  else if (shape.covers_input()) c.builder.emit(LinearFprop{.x = in, .w = w, .y = y});
  else c.builder.emit(ConvFprop{.shape = shape, .x = in, .w = w, .y = y});
  return {.input = in, .output = y};
}

Tensor layer_backward(const ConvLayer& l, const Pass::LayerRecord& record, const Tensor& dy, const LayerParameters& own,
                      const BackwardContext& c) {
  const std::int64_t n = dy.shape[0];
  const ConvShape shape = conv_shape(l, n);
  const Tensor dout = dy.reshaped(batch_of(n, l.out));
  const Tensor w = own.parameters[0].value;
  // In the convolution's own terms: a transposed layer's output is its x, so dout is its "x" in the weight gradient.
  const Tensor conv_x = l.transposed ? dout : record.input;
  const Tensor conv_dy = l.transposed ? record.input : dout;
  if (c.mode != ParamGrad::Skip) {
    if (shape.covers_input())
      c.builder.emit(LinearWgrad{.x = conv_x, .dy = conv_dy, .dw = c.gradients[0], .mode = c.mode});
    else
      c.builder.emit(ConvWgrad{.shape = shape,
                               .x = conv_x,
                               .dy = conv_dy,
                               .dw = c.gradients[0],
                               .workspace = c.builder.workspace(ConvWgrad::workspace_count(shape)),
                               .mode = c.mode});
  }
  if (!c.input_gradient) return {};
  const Tensor dx = c.builder.transient(c.name, batch_of(n, l.in));
  if (l.transposed && shape.covers_input()) c.builder.emit(LinearFprop{.x = dout, .w = w, .y = dx});
  else if (l.transposed) c.builder.emit(ConvFprop{.shape = shape, .x = dout, .w = w, .y = dx});
  else if (shape.covers_input()) c.builder.emit(LinearDgrad{.dy = dout, .w = w, .dx = dx});
  else c.builder.emit(ConvDgrad{.shape = shape, .dy = dout, .w = w, .dx = dx});
  return dx;
}

Pass::LayerRecord layer_forward(const BatchNormLayer& l, const Tensor& x, const LayerParameters& own,
                                const ForwardContext& c) {
  const Tensor gamma = own.parameters[0].value, beta = own.parameters[1].value;
  const Tensor running_mean = own.statistics[0].value, running_variance = own.statistics[1].value;
  const Tensor y = c.builder.transient(c.name, x.shape);
  if (c.mode == NormMode::Inference) {
    c.builder.emit(BatchNormInference{.x = x,
                                      .gamma = gamma,
                                      .beta = beta,
                                      .running_mean = running_mean,
                                      .running_variance = running_variance,
                                      .y = y});
    return {.input = x, .output = y};
  }
  const Tensor mean = c.builder.transient(c.name + ".mean", {l.channels});
  const Tensor inverse_std = c.builder.transient(c.name + ".inverse_std", {l.channels});
  const bool moves = c.mode != NormMode::Frozen;
  c.builder.emit(BatchNormForward{
      .x = x,
      .gamma = gamma,
      .beta = beta,
      .running_mean = moves ? running_mean : Tensor{},
      .running_variance = moves ? running_variance : Tensor{},
      .y = y,
      .mean = mean,
      .inverse_std = inverse_std,
      .workspace = c.builder.workspace(BatchNormForward::workspace_count(rows_of(x), l.channels)),
      .momentum = c.mode == NormMode::Calibrate ? 1.0f / static_cast<float>(c.calibration_batch) : kRunningMomentum});
  return {.input = x, .output = y, .mean = mean, .inverse_std = inverse_std};
}

Tensor layer_backward(const BatchNormLayer& l, const Pass::LayerRecord& record, const Tensor& dy,
                      const LayerParameters& own, const BackwardContext& c) {
  const Tensor dx = c.builder.transient(c.name, record.input.shape);
  const bool skip = c.mode == ParamGrad::Skip;
  c.builder.emit(BatchNormBackward{
      .x = record.input,
      .dy = dy.reshaped(record.input.shape),
      .gamma = own.parameters[0].value,
      .mean = record.mean,
      .inverse_std = record.inverse_std,
      .dx = dx,
      .dgamma = skip ? Tensor{} : c.gradients[0],
      .dbeta = skip ? Tensor{} : c.gradients[1],
      .workspace = c.builder.workspace(BatchNormBackward::workspace_count(rows_of(record.input), l.channels)),
      .mode = c.mode});
  return dx;
}

Pass::LayerRecord layer_forward(const ActivationLayer& l, const Tensor& x, const LayerParameters&,
                                const ForwardContext& c) {
  const Tensor y = c.builder.transient(c.name, x.shape);
  c.builder.emit(ActivationForward{.kind = l.kind, .slope = l.slope, .x = x, .y = y});
  return {.input = x, .output = y};
}

Tensor layer_backward(const ActivationLayer& l, const Pass::LayerRecord& record, const Tensor& dy,
                      const LayerParameters&, const BackwardContext& c) {
  if (!c.input_gradient) return {};
  const Tensor dx = c.builder.transient(c.name, record.output.shape);
  c.builder.emit(ActivationBackward{
      .kind = l.kind, .slope = l.slope, .y = record.output, .dy = dy.reshaped(record.output.shape), .dx = dx});
  return dx;
}

Pass::LayerRecord layer_forward(const ReshapeLayer& l, const Tensor& x, const LayerParameters&, const ForwardContext&) {
  return {.input = x, .output = x.reshaped(batch_of(x.shape[0], l.out))};
}

Tensor layer_backward(const ReshapeLayer&, const Pass::LayerRecord& record, const Tensor& dy, const LayerParameters&,
                      const BackwardContext& c) {
  if (!c.input_gradient) return {};
  return dy.reshaped(record.input.shape);
}

}  // namespace gan
