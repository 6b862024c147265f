// The kinds of layers there are. One file beside this holds each; a new kind is one new file and one line here.
#pragma once

#include <memory>
#include <optional>

#include "engine/network/layer.h"

namespace gan {

using LayerPointer = std::shared_ptr<const Layer>;

/// features(in) -> features(out). Weights start as `weight` says, or ~ N(0, 1 / fan_in) where it is absent.
struct LinearOptions {
  FeatureShape out;  ///< more than 1 x 1 where the layer makes an image: matters for the file layout only
  bool bias = true;
  std::optional<Initializer> weight = {};
  Initializer bias_start = Initializer::constant(0);
  bool spectral_norm = false;  ///< the weight is used divided by its largest singular value
};

/// Cross-correlation with a filter kernel_h x kernel_w, or, `transposed`, its input gradient. The size of the output is
/// given: it decides an output padding.
struct ConvOptions {
  FeatureShape out;
  std::int64_t kernel_h = 4, kernel_w = 4;
  std::int64_t stride_h = 2, stride_w = 2;
  std::int64_t pad_h = 1, pad_w = 1;
  bool transposed = false;
  bool bias = false;
  Initializer weight = Initializer::normal(0, 0.02f);
  Initializer bias_start = Initializer::constant(0);
  bool spectral_norm = false;  ///< the weight, as (K, RSC), is used divided by its largest singular value
};

/// A pointwise function; `slope` is LeakyReLU's, where x < 0.
struct ActivationOptions {
  ActivationKind kind = ActivationKind::Relu;
  float slope = 0;
};

/// What becomes of an image's pixels in a global pool.
enum class GlobalPool { Sum, Mean };

/// Makers of layers. `in` is the size of the (first) input: parameters depend on it.
LayerPointer linear_layer(const FeatureShape& in, const LinearOptions&);
LayerPointer conv_layer(const FeatureShape& in, const ConvOptions&);
/// Batch normalisation of every channel; gamma ~ N(1, 0.02) is DCGAN's initialisation, beta starts at 0.
LayerPointer batch_norm_layer(std::int64_t channels, const Initializer& gamma = Initializer::normal(1, 0.02f));
/// Group normalisation of every sample, `groups` groups of neighbouring channels, with gamma 1 and beta 0 for every channel:
/// instance normalisation where every channel is a group, the layer normalisation of GANs where all are one.
LayerPointer group_norm_layer(const FeatureShape& in, std::int64_t groups);
LayerPointer activation_layer(const ActivationOptions&);
/// Image to vector or back: nothing moves in memory, but PyTorch has a module here, and modules are counted in names.
LayerPointer reshape_layer(const FeatureShape& out);
/// The sum of two values of one size: the end of a residual block.
LayerPointer add_layer();
/// Every pixel becomes factor x factor copies (nearest-neighbour upsampling).
LayerPointer upsample_layer(std::int64_t factor);
/// Averages over windows of window x window side by side; the window divides the image.
LayerPointer average_pool_layer(std::int64_t window);
/// factor * factor channels become as many pixels, in PyTorch's order of channels.
LayerPointer pixel_shuffle_layer(std::int64_t factor);
/// All pixels of a channel become one.
LayerPointer global_pool_layer(GlobalPool kind);

}  // namespace gan
