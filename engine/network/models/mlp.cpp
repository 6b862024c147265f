#include "engine/network/initializers.h"
#include "engine/network/models/parts.h"

namespace gan {

namespace {

FeatureShape features(std::int64_t count) { return {1, 1, count}; }

bool is_point(const ModelOptions& o) { return o.image.height == 1 && o.image.width == 1; }

/// Sizes of the hidden layers, those of the generator in their order, those of the discriminator from the last on.
std::vector<FeatureShape> hidden_layers(const ModelOptions& o) {
  if (is_point(o)) return {features(o.width), features(o.width)};
  return {features(4 * o.width), features(8 * o.width), features(16 * o.width)};
}

/// A linear layer of `options` as this model starts it.
LayerPointer started_linear(const ModelOptions& o, const FeatureShape& in, LinearOptions options) {
  if (is_point(o))
    options.weight = options.bias_start = pytorch_uniform({.in = in.count(), .out = options.out.count()});
  return linear_layer(in, options);
}

}  // namespace

GeneratorAndDiscriminator make_mlp(const ModelOptions& o) {
  const std::vector<FeatureShape> hidden = hidden_layers(o);

  NetworkGraph g("generator", features(o.latent));
  FeatureShape at = g.input_shape();
  for (const FeatureShape& size : hidden) {
    g.add(started_linear(o, at, {.out = size}));
    g.add(activation_layer(kLeakyRelu));
    at = size;
  }
  g.add(started_linear(o, at, {.out = o.image}));
  if (!is_point(o)) g.add(activation_layer(kTanh));
  g.add(reshape_layer(o.image));

  NetworkGraph d("discriminator", o.image);
  d.add(reshape_layer(features(o.image.count())));
  at = o.image;
  for (auto size = hidden.rbegin(); size != hidden.rend(); ++size) {
    const LayerPointer norm = size == hidden.rbegin() ? nullptr : norm_layer(discriminator_norm(o), *size);
    d.add(started_linear(o, at, {.out = *size, .bias = !norm, .spectral_norm = o.spectral_norm}));
    if (norm) d.add(norm);
    d.add(activation_layer(kLeakyRelu));
    at = *size;
  }
  d.add(started_linear(o, at, {.out = features(1), .spectral_norm = o.spectral_norm}));
  return {std::move(g), std::move(d)};
}

}  // namespace gan
