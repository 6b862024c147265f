// What each kind of layer emits, forwards and backwards. Used by Network only.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/network/network.h"

namespace gan {

/// Throws Error naming the layer where a layer's input is not the previous layer's output.
void check_layer_sizes(const NetworkSpec& spec);

/// The tensors that belong to a layer.
struct LayerParameters {
  std::span<const Parameter> parameters;  ///< the layer's own come first
  std::span<const Parameter> statistics;
};

/// What a layer's forward depends on beside its input. `mode` and `calibration_batch` matter to batch norm only.
struct ForwardContext {
  Builder& builder;
  std::string name;  ///< of the layer's output
  NormMode mode;
  int calibration_batch;  ///< from 1
};

/// What a layer's backward depends on beside the gradient of its output.
struct BackwardContext {
  Builder& builder;
  std::string name;  ///< of the gradient the layer makes
  ParamGrad mode;
  std::span<const Tensor> gradients;  ///< one per parameter; empty when mode is Skip
  bool input_gradient;                ///< whether d(loss)/d(input) is wanted
};

/// Emits the layer on x (N, in) or (N, H, W, C); returns what its backward reads, and its output.
Pass::LayerRecord layer_forward(const LinearLayer&, const Tensor& x, const LayerParameters&, const ForwardContext&);
Pass::LayerRecord layer_forward(const ConvLayer&, const Tensor& x, const LayerParameters&, const ForwardContext&);
Pass::LayerRecord layer_forward(const BatchNormLayer&, const Tensor& x, const LayerParameters&, const ForwardContext&);
Pass::LayerRecord layer_forward(const ActivationLayer&, const Tensor& x, const LayerParameters&, const ForwardContext&);
Pass::LayerRecord layer_forward(const ReshapeLayer&, const Tensor& x, const LayerParameters&, const ForwardContext&);

/// Return d(loss)/d(input), or an absent tensor when it is not wanted.
Tensor layer_backward(const LinearLayer&, const Pass::LayerRecord&, const Tensor& dy, const LayerParameters&,
                      const BackwardContext&);
Tensor layer_backward(const ConvLayer&, const Pass::LayerRecord&, const Tensor& dy, const LayerParameters&,
                      const BackwardContext&);
Tensor layer_backward(const BatchNormLayer&, const Pass::LayerRecord&, const Tensor& dy, const LayerParameters&,
                      const BackwardContext&);
Tensor layer_backward(const ActivationLayer&, const Pass::LayerRecord&, const Tensor& dy, const LayerParameters&,
                      const BackwardContext&);
Tensor layer_backward(const ReshapeLayer&, const Pass::LayerRecord&, const Tensor& dy, const LayerParameters&,
                      const BackwardContext&);

}  // namespace gan
