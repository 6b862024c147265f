#include <algorithm>

#include "engine/network/layers/layers.h"
#include "engine/network/models/models.h"

namespace gan {

namespace {

constexpr ActivationOptions kLeakyRelu{.kind = ActivationKind::LeakyRelu, .slope = 0.2f};
constexpr ActivationOptions kRelu{.kind = ActivationKind::Relu};
constexpr ActivationOptions kTanh{.kind = ActivationKind::Tanh};

/// The layer between the latent vector (or the logit) and the base grid: a filter that covers the grid.
ConvOptions covering(const FeatureShape& grid, const FeatureShape& out, bool transposed) {
  return {.out = out,
          .kernel_h = grid.height,
          .kernel_w = grid.width,
          .stride_h = 1,
          .stride_w = 1,
          .pad_h = 0,
          .pad_w = 0,
          .transposed = transposed};
}

}  // namespace

GeneratorAndDiscriminator make_dcgan(const ModelOptions& o) {
  std::vector<FeatureShape> grids = plan_grids(o.image);
  for (std::size_t i = 1; i < grids.size(); ++i) grids[i].channels = o.width << std::min<std::size_t>(i - 1, 3);
  const FeatureShape latent{1, 1, o.latent}, logit{1, 1, 1};

  NetworkGraph g("generator", latent);
  g.add(conv_layer(latent, covering(grids.back(), grids.back(), /*transposed=*/true)));
  for (std::size_t i = grids.size() - 1; i > 0; --i) {
    g.add(batch_norm_layer(grids[i].channels));
    g.add(activation_layer(kRelu));
    g.add(conv_layer(grids[i], {.out = grids[i - 1], .transposed = true}));
  }
  g.add(activation_layer(kTanh));

  NetworkGraph d("discriminator", o.image);
  for (std::size_t i = 1; i < grids.size(); ++i) {
    d.add(conv_layer(grids[i - 1], {.out = grids[i], .bias = !o.d_norm}));
    if (i > 1 && o.d_norm) d.add(batch_norm_layer(grids[i].channels));
    d.add(activation_layer(kLeakyRelu));
  }
  d.add(conv_layer(grids.back(), covering(grids.back(), logit, /*transposed=*/false)));
  return {std::move(g), std::move(d)};
}

}  // namespace gan
