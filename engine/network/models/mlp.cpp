#include "engine/network/layers/layers.h"
#include "engine/network/models/models.h"

namespace gan {

namespace {

constexpr ActivationOptions kLeakyRelu{.kind = ActivationKind::LeakyRelu, .slope = 0.2f};
constexpr ActivationOptions kTanh{.kind = ActivationKind::Tanh};

FeatureShape features(std::int64_t count) { return {1, 1, count}; }

}  // namespace

GeneratorAndDiscriminator make_mlp(const ModelOptions& o) {
  const std::vector<FeatureShape> hidden = {features(4 * o.width), features(8 * o.width), features(16 * o.width)};

  NetworkGraph g("generator", features(o.latent));
  FeatureShape at = g.input_shape();
  for (const FeatureShape& size : hidden) {
    g.add(linear_layer(at, {.out = size}));
    g.add(activation_layer(kLeakyRelu));
    at = size;
  }
  g.add(linear_layer(at, {.out = o.image}));
  g.add(activation_layer(kTanh));
  g.add(reshape_layer(o.image));

  NetworkGraph d("discriminator", o.image);
  d.add(reshape_layer(features(o.image.count())));
  at = o.image;
  for (auto size = hidden.rbegin(); size != hidden.rend(); ++size) {
    d.add(linear_layer(at, {.out = *size}));
    d.add(activation_layer(kLeakyRelu));
    at = *size;
  }
  d.add(linear_layer(at, {.out = features(1)}));
  return {std::move(g), std::move(d)};
}

}  // namespace gan
