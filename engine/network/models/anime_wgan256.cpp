#include <fmt/format.h>

#include <algorithm>

#include "engine/network/models/parts.h"

namespace gan {

namespace {

/// The grids of plan_grids, with channels that double from `width` next to the image to at most 8 width.
std::vector<FeatureShape> grids_of(const ModelOptions& o) {
  std::vector<FeatureShape> grids = plan_grids(o.image);
  for (std::size_t i = 1; i < grids.size(); ++i) grids[i].channels = o.width << std::min<std::size_t>(i - 1, 3);
  return grids;
}

LayerPointer conv(const FeatureShape& in, ConvOptions options) {
  options.bias = true;
  return conv_layer(in, with_pytorch_start(options, in));
}

/// From one grid to the next larger one.
Value add_growth(NetworkGraph& g, const std::string& name, Value from, const FeatureShape& to) {
  const FeatureShape in = g.shape_of(from);
  const Value wide = g.add(name + ".widen", conv(in, same_size(in, 4 * to.channels, 1)), {from});
  const Value shuffled = g.add(name + ".shuffle", pixel_shuffle_layer(2), {wide});
  Value at = g.add(name + ".conv1", conv(to, same_size(to, to.channels, 3)), {shuffled});
  at = g.add(name + ".norm1", norm_layer(NormKind::Batch, to), {at});
  at = g.add(name + ".relu1", activation_layer(kRelu), {at});
  at = g.add(name + ".conv2", conv(to, same_size(to, to.channels, 3)), {at});
  at = g.add(name + ".norm2", norm_layer(NormKind::Batch, to), {at});
  at = g.add(name + ".sum", add_layer(), {at, shuffled});
  return g.add(name + ".relu2", activation_layer(kRelu), {at});
}

NetworkGraph make_generator(const ModelOptions& o) {
  const std::vector<FeatureShape> grids = grids_of(o);
  NetworkGraph g("generator", {1, 1, o.latent});
  Value at =
      g.add("base", conv(g.input_shape(), covering(grids.back(), grids.back(), /*transposed=*/true)), {g.input()});
  at = g.add("norm", norm_layer(NormKind::Batch, grids.back()), {at});
  at = g.add("relu", activation_layer(kRelu), {at});
  for (std::size_t i = grids.size() - 1; i > 1; --i)
    at = add_growth(g, fmt::format("block{}", grids.size() - i), at, grids[i - 1]);
  at = g.add("image", conv(grids[1], same_size(grids[1], 4 * o.image.channels, 3)), {at});
  at = g.add("image_shuffle", pixel_shuffle_layer(2), {at});
  g.add("tanh", activation_layer(kTanh), {at});
  return g;
}

/// From one grid to the next smaller one.
Value add_halving(NetworkGraph& d, const ModelOptions& o, const std::string& name, Value from, const FeatureShape& to) {
  const auto product = [&](const std::string& which, ConvOptions options, Value x) {
    options.spectral_norm = o.spectral_norm;
    return d.add(name + which, conv(d.shape_of(x), options), {x});
  };
  const auto normed = [&](const char* which, Value x) {
    const LayerPointer norm = norm_layer(discriminator_norm(o), to);
    return norm ? d.add(name + which, norm, {x}) : x;
  };
  const auto bent = [&](const char* which, Value x) { return d.add(name + which, activation_layer(kLeakyRelu), {x}); };
  Value at = product(".down", {.out = to}, from);
  const Value skip = bent(".relu1", normed(".norm1", at));
  at = product(".conv1", same_size(to, to.channels, 3), skip);
  at = bent(".relu2", normed(".norm2", at));
  at = product(".conv2", same_size(to, to.channels, 3), at);
  return bent(".relu3", d.add(name + ".sum", add_layer(), {at, skip}));
}

NetworkGraph make_critic(const ModelOptions& o) {
  const std::vector<FeatureShape> grids = grids_of(o);
  NetworkGraph d("discriminator", o.image);
  Value at = d.input();
  for (std::size_t i = 1; i < grids.size(); ++i) at = add_halving(d, o, fmt::format("block{}", i), at, grids[i]);
  ConvOptions last = covering(grids.back(), {1, 1, 1}, /*transposed=*/false);
  last.spectral_norm = o.spectral_norm;
  d.add("logit", conv(grids.back(), last), {at});
  return d;
}

}  // namespace

GeneratorAndDiscriminator make_anime_wgan256(const ModelOptions& options) {
  return {make_generator(options), make_critic(options)};
}

}  // namespace gan
