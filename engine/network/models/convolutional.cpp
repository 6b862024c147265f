#include "engine/network/models/convolutional.h"

#include <algorithm>

#include "engine/network/models/parts.h"

namespace gan {

namespace {

/// The grids of plan_grids with `width` channels next to the image.
std::vector<FeatureShape> grids_of_width(const FeatureShape& image, std::int64_t width) {
  std::vector<FeatureShape> grids = plan_grids(image);
  for (std::size_t i = 1; i < grids.size(); ++i) grids[i].channels = width << std::min<std::size_t>(i - 1, 3);
  return grids;
}

Initializer gamma_of(const ConvolutionalPlan& plan) {
  return plan.start == ConvolutionalPlan::Start::Dcgan ? Initializer::normal(1, 0.02f) : Initializer::constant(1);
}

LayerPointer conv(const ConvolutionalPlan& plan, const FeatureShape& in, ConvOptions options) {
  if (plan.start == ConvolutionalPlan::Start::Pytorch) options = with_pytorch_start(options, in);
  return conv_layer(in, options);
}

/// From one grid to the next larger one.
void add_growth(NetworkGraph& g, const ConvolutionalPlan& plan, const FeatureShape& from, const FeatureShape& to) {
  if (plan.upsample == UpsampleKind::Transposed) {
    g.add(conv(plan, from, {.out = to, .transposed = true, .bias = plan.biases}));
    return;
  }
  const FeatureShape grown{2 * from.height, 2 * from.width, from.channels};
  ConvOptions three = same_size(grown, to.channels, 3);
  three.bias = plan.biases;
  g.add(upsample_layer(2));
  g.add(conv(plan, grown, three));
}

NetworkGraph make_generator(const ModelOptions& o, const ConvolutionalPlan& plan) {
  const std::vector<FeatureShape> grids = grids_of_width(o.image, plan.g_width);
  const FeatureShape latent{1, 1, o.latent};
  NetworkGraph g("generator", latent);
  ConvOptions first = covering(grids.back(), grids.back(), /*transposed=*/true);
  first.bias = plan.biases;
  g.add(conv(plan, latent, first));
  for (std::size_t i = grids.size() - 1; i > 0; --i) {
    g.add(batch_norm_layer(grids[i].channels, gamma_of(plan)));
    g.add(activation_layer(kRelu));
    add_growth(g, plan, grids[i], grids[i - 1]);
  }
  g.add(activation_layer(kTanh));
  return g;
}

NetworkGraph make_discriminator(const ModelOptions& o, const ConvolutionalPlan& plan) {
  const std::vector<FeatureShape> grids = grids_of_width(o.image, plan.d_width);
  NetworkGraph d("discriminator", o.image);
  for (std::size_t i = 1; i < grids.size(); ++i) {
    const bool bias = plan.biases || plan.d_norm == NormKind::None;
    d.add(conv(plan, grids[i - 1], {.out = grids[i], .bias = bias, .spectral_norm = o.spectral_norm}));
    if (i > 1 || plan.d_norm_at_image)
      if (LayerPointer norm = norm_layer(plan.d_norm, grids[i], gamma_of(plan))) d.add(norm);
    d.add(activation_layer(kLeakyRelu));
  }
  ConvOptions last = covering(grids.back(), {1, 1, 1}, /*transposed=*/false);
  last.bias = plan.biases;
  last.spectral_norm = o.spectral_norm;
  d.add(conv(plan, grids.back(), last));
  return d;
}

}  // namespace

GeneratorAndDiscriminator make_convolutional(const ModelOptions& options, const ConvolutionalPlan& plan) {
  return {make_generator(options, plan), make_discriminator(options, plan)};
}

}  // namespace gan
