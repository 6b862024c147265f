#include "engine/network/models/parts.h"

namespace gan {

namespace {

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
    const LayerPointer norm = size == hidden.rbegin() ? nullptr : norm_layer(discriminator_norm(o), *size);
    d.add(linear_layer(at, {.out = *size, .bias = !norm, .spectral_norm = o.spectral_norm}));
    if (norm) d.add(norm);
    d.add(activation_layer(kLeakyRelu));
    at = *size;
  }
  d.add(linear_layer(at, {.out = features(1), .spectral_norm = o.spectral_norm}));
  return {std::move(g), std::move(d)};
}

}  // namespace gan
