// What several models are made of.
#pragma once

#include "engine/network/layers/layers.h"
#include "engine/network/models/models.h"

namespace gan {

inline constexpr ActivationOptions kRelu{.kind = ActivationKind::Relu};
inline constexpr ActivationOptions kLeakyRelu{.kind = ActivationKind::LeakyRelu, .slope = 0.2f};
inline constexpr ActivationOptions kTanh{.kind = ActivationKind::Tanh};

/// The layer of that kind on values of size `in`; null for NormKind::None. `gamma`: what batch norm's scales start with.
LayerPointer norm_layer(NormKind kind, const FeatureShape& in, const Initializer& gamma = Initializer::constant(1));

/// The layer between the latent vector (or the logit) and the base grid: a filter that covers the grid.
ConvOptions covering(const FeatureShape& grid, const FeatureShape& out, bool transposed);

/// A convolution 3x3 or 1x1 that keeps the size of its input, with a bias.
ConvOptions same_size(const FeatureShape& in, std::int64_t channels, std::int64_t kernel);

/// Starts weight and bias of a convolution on `in` as PyTorch does: pytorch_uniform().
ConvOptions with_pytorch_start(ConvOptions options, const FeatureShape& in);

}  // namespace gan
