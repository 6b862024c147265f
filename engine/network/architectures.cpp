#include "engine/network/architectures.h"

#include <algorithm>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr float kLeakySlope = 0.2f;
constexpr ActivationLayer kLeakyRelu{.kind = ActivationKind::LeakyRelu, .slope = kLeakySlope};
constexpr ActivationLayer kRelu{.kind = ActivationKind::Relu};
constexpr ActivationLayer kTanh{.kind = ActivationKind::Tanh};

void check_range(const char* option, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high)
    throw InputError(fmt::format("{}: {} is out of range; accepted are {} to {}", option, value, low, high));
}

/// The layer between the latent vector (or the logit) and the base grid.
ConvLayer covering(const ImageShape& in, const ImageShape& out, bool transposed) {
  const ImageShape& grid = transposed ? out : in;
  return {.in = in,
          .out = out,
          .kernel_h = grid.height,
          .kernel_w = grid.width,
          .stride_h = 1,
          .stride_w = 1,
          .pad_h = 0,
          .pad_w = 0,
          .transposed = transposed};
}

}  // namespace

std::vector<ImageShape> plan_grids(const ImageShape& image) {
  constexpr std::int64_t kHalveFrom = 8;
  std::vector<ImageShape> grids = {image};
  while (std::min(grids.back().height, grids.back().width) >= kHalveFrom)
    grids.push_back({grids.back().height / 2, grids.back().width / 2, image.channels});
  return grids;
}

GeneratorAndDiscriminator make_dcgan(const ArchitectureOptions& o) {
  std::vector<ImageShape> grids = plan_grids(o.image);
  for (std::size_t i = 1; i < grids.size(); ++i) grids[i].channels = o.width << std::min<std::size_t>(i - 1, 3);

  const ImageShape latent{1, 1, o.latent}, logit{1, 1, 1};
  NetworkSpec g{
      .name = "generator", .input = latent, .output = o.image, .layers = {covering(latent, grids.back(), true)}};
  for (std::size_t i = grids.size() - 1; i > 0; --i) {
    g.layers.push_back(BatchNormLayer{.channels = grids[i].channels});
    g.layers.push_back(kRelu);
    g.layers.push_back(ConvLayer{.in = grids[i], .out = grids[i - 1], .transposed = true});
  }
  g.layers.push_back(kTanh);

  NetworkSpec d{.name = "discriminator", .input = o.image, .output = logit, .layers = {}};
  for (std::size_t i = 1; i < grids.size(); ++i) {
    d.layers.push_back(ConvLayer{.in = grids[i - 1], .out = grids[i]});
    if (i > 1) d.layers.push_back(BatchNormLayer{.channels = grids[i].channels});
    d.layers.push_back(kLeakyRelu);
  }
  d.layers.push_back(covering(grids.back(), logit, false));
  return {std::move(g), std::move(d)};
}

GeneratorAndDiscriminator make_mlp(const ArchitectureOptions& o) {
  const auto features = [](std::int64_t count) { return ImageShape{1, 1, count}; };
  const ImageShape flat = features(o.image.count());
  const std::vector<ImageShape> hidden = {features(4 * o.width), features(8 * o.width), features(16 * o.width)};

  NetworkSpec g{.name = "generator",
                .input = features(o.latent),
                .output = o.image,
                .layers = {},
                .scale_weight_by_fan_in = true};
  ImageShape at = g.input;
  for (const ImageShape& size : hidden) {
    g.layers.push_back(LinearLayer{.in = at, .out = size});
    g.layers.push_back(kLeakyRelu);
    at = size;
  }
  g.layers.push_back(LinearLayer{.in = at, .out = o.image});
  g.layers.push_back(kTanh);
  g.layers.push_back(ReshapeLayer{.out = o.image});

  NetworkSpec d{.name = "discriminator",
                .input = o.image,
                .output = features(1),
                .layers = {ReshapeLayer{.out = flat}},
                .scale_weight_by_fan_in = true};
  at = o.image;
  for (auto size = hidden.rbegin(); size != hidden.rend(); ++size) {
    d.layers.push_back(LinearLayer{.in = at, .out = *size});
    d.layers.push_back(kLeakyRelu);
    at = *size;
  }
  d.layers.push_back(LinearLayer{.in = at, .out = features(1)});
  return {std::move(g), std::move(d)};
}

GeneratorAndDiscriminator make_architecture(const ArchitectureOptions& o) {
  constexpr std::int64_t kSmallestSide = 16, kLargestSide = 256, kWidest = 1024, kLongestLatent = 4096;
  check_range("--image-size", o.image.height, kSmallestSide, kLargestSide);
  check_range("--image-size", o.image.width, kSmallestSide, kLargestSide);
  check_range("--width", o.width, 1, kWidest);
  check_range("--latent", o.latent, 1, kLongestLatent);
  if (o.image.channels != 1 && o.image.channels != 3)
    throw InputError(fmt::format("--channels: {} is not accepted; images have 1 (grey) or 3 (RGB)", o.image.channels));
  if (o.model == "dcgan") return make_dcgan(o);
  if (o.model == "mlp") return make_mlp(o);
  throw InputError(fmt::format("--model: '{}' is unknown; accepted are mlp, dcgan", o.model));
}

}  // namespace gan
