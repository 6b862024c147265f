#include "engine/network/describe.h"

namespace gan {

namespace {

using nlohmann::json;

json in_channels_first(const ImageShape& image) { return json::array({image.channels, image.height, image.width}); }

json describe_layer(const LinearLayer& l) {
  return {{"type", "linear"}, {"in_features", l.in.count()}, {"out_features", l.out.count()}};
}

json describe_layer(const ConvLayer& l) {
  json module = {{"type", l.transposed ? "conv_transpose2d" : "conv2d"},
                 {"in_channels", l.in.channels},
                 {"out_channels", l.out.channels},
                 {"kernel_size", {l.kernel_h, l.kernel_w}},
                 {"stride", {l.stride_h, l.stride_w}},
                 {"padding", {l.pad_h, l.pad_w}}};
  if (l.transposed)
    module["output_padding"] = {l.out.height - ((l.in.height - 1) * l.stride_h - 2 * l.pad_h + l.kernel_h),
                                l.out.width - ((l.in.width - 1) * l.stride_w - 2 * l.pad_w + l.kernel_w)};
  return module;
}

json describe_layer(const BatchNormLayer& l) { return {{"type", "batch_norm2d"}, {"num_features", l.channels}}; }

json describe_layer(const ActivationLayer& l) {
  switch (l.kind) {
    case ActivationKind::Relu: return {{"type", "relu"}};
    case ActivationKind::LeakyRelu: return {{"type", "leaky_relu"}, {"negative_slope", l.slope}};
    case ActivationKind::Tanh: return {{"type", "tanh"}};
    case ActivationKind::Sigmoid: return {{"type", "sigmoid"}};
  }
  return {};
}

json describe_layer(const ReshapeLayer& l) { return {{"type", "reshape"}, {"shape", in_channels_first(l.out)}}; }

}  // namespace

json describe(const NetworkSpec& spec) {
  json modules = json::array();
  for (const Layer& layer : spec.layers)
    modules.push_back(std::visit([](const auto& l) { return describe_layer(l); }, layer));
  return {{"name", spec.name},
          {"input", in_channels_first(spec.input)},
          {"output", in_channels_first(spec.output)},
          {"modules", std::move(modules)}};
}

}  // namespace gan
