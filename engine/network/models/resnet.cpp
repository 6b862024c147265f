#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/network/initializers.h"
#include "engine/network/models/parts.h"

namespace gan {

namespace {

/// Images up to this side have the networks that were published for CIFAR: one width throughout.
constexpr std::int64_t kLargestOfOneWidth = 32;

bool has_one_width(const FeatureShape& image) { return std::min(image.height, image.width) <= kLargestOfOneWidth; }

/// `width`, doubled `times` times, up to 16 times.
std::int64_t doubled(std::int64_t width, std::size_t times) { return width << std::min<std::size_t>(times, 4); }

/// A residual network on the way: every layer is added behind the value `at`, under a name of its own.
class Residual {
 public:
  Residual(NetworkGraph& graph, Value at, bool spectral_norm) : graph_(graph), at_(at), spectral_norm_(spectral_norm) {}

  const FeatureShape& shape() const { return graph_.shape_of(at_); }
  Value at() const { return at_; }
  /// The same network from another value on.
  Residual from(Value value) const { return Residual(graph_, value, spectral_norm_); }

  void add(const std::string& name, LayerPointer layer) { at_ = graph_.add(name, std::move(layer), {at_}); }
  void add_if(const std::string& name, LayerPointer layer) {
    if (layer) add(name, std::move(layer));
  }
  /// `gain` sqrt(2) within residual branches, 1 elsewhere.
  void conv(const std::string& name, std::int64_t channels, std::int64_t kernel, float gain) {
    ConvOptions options = same_size(shape(), channels, kernel);
    options.weight = glorot_uniform(fan_of_filter(shape().channels, channels, kernel, kernel), gain);
    options.spectral_norm = spectral_norm_;
    add(name, conv_layer(shape(), options));
  }
  void linear(const std::string& name, const FeatureShape& out) {
    const Initializer start = glorot_uniform({.in = shape().count(), .out = out.count()});
    add(name, linear_layer(shape(), {.out = out, .weight = start, .spectral_norm = spectral_norm_}));
  }
  void sum_with(const std::string& name, Value other) { at_ = graph_.add(name, add_layer(), {at_, other}); }

 private:
  NetworkGraph& graph_;
  Value at_;
  bool spectral_norm_;
};

const float kInBranch = std::sqrt(2.0f);

/// BN, ReLU, upsampling, conv 3x3, BN, ReLU, conv 3x3, beside upsampling and conv 1x1. The shortcut's convolution comes
/// before its upsampling: the copies of a pixel are the same either way, for a fourth of the work.
void add_generator_block(Residual& net, const std::string& name, std::int64_t channels) {
  Residual shortcut = net.from(net.at());
  shortcut.conv(name + ".shortcut", channels, 1, 1);
  shortcut.add(name + ".shortcut_up", upsample_layer(2));
  net.add(name + ".norm1", norm_layer(NormKind::Batch, net.shape()));
  net.add(name + ".relu1", activation_layer(kRelu));
  net.add(name + ".up", upsample_layer(2));
  net.conv(name + ".conv1", channels, 3, kInBranch);
  net.add(name + ".norm2", norm_layer(NormKind::Batch, net.shape()));
  net.add(name + ".relu2", activation_layer(kRelu));
  net.conv(name + ".conv2", channels, 3, kInBranch);
  net.sum_with(name + ".sum", shortcut.at());
}

/// What a block of the discriminator is like.
struct CriticBlock {
  std::int64_t channels = 0;
  bool halves = false;    ///< ends in average pooling
  bool at_image = false;  ///< starts with its first convolution: an image is not to be rectified
};

/// (norm, ReLU, conv 3x3) twice and pooling, beside pooling and conv 1x1 (nothing where size and channels stay). The
/// shortcut takes the block's input as it is. Its pooling comes before its convolution: both are linear and the latter is
/// pointwise, so that the order matters to rounding alone, and a fourth of the work is left.
void add_critic_block(Residual& net, const std::string& name, const CriticBlock& block, NormKind norm) {
  Residual shortcut = net.from(net.at());
  const std::int64_t in = net.shape().channels, hidden = block.at_image ? block.channels : in;
  if (block.halves) shortcut.add(name + ".shortcut_pool", average_pool_layer(2));
  if (block.halves || in != block.channels) shortcut.conv(name + ".shortcut", block.channels, 1, 1);
  if (!block.at_image) {
    net.add_if(name + ".norm1", norm_layer(norm, net.shape()));
    net.add(name + ".relu1", activation_layer(kRelu));
  }
  net.conv(name + ".conv1", hidden, 3, kInBranch);
  if (!block.at_image) net.add_if(name + ".norm2", norm_layer(norm, net.shape()));
  net.add(name + ".relu2", activation_layer(kRelu));
  net.conv(name + ".conv2", block.channels, 3, kInBranch);
  if (block.halves) net.add(name + ".pool", average_pool_layer(2));
  net.sum_with(name + ".sum", shortcut.at());
}

/// The discriminator's blocks, image first.
std::vector<CriticBlock> plan_critic(const FeatureShape& image, std::int64_t width) {
  const std::size_t steps = plan_grids(image).size() - 1;
  const bool one_width = has_one_width(image);
  const std::size_t most = one_width ? 2 : std::min<std::size_t>(steps + 1, 5);
  const std::size_t count = one_width ? 4 : std::max<std::size_t>(steps + 1, 5);
  std::vector<CriticBlock> blocks;
  FeatureShape at = image;
  for (std::size_t i = 0; i < count; ++i) {
    const bool halves = i < most && at.height % 2 == 0 && at.width % 2 == 0;
    blocks.push_back({.channels = one_width ? width : doubled(width, i), .halves = halves, .at_image = i == 0});
    if (halves) at = {at.height / 2, at.width / 2, at.channels};
  }
  return blocks;
}

NetworkGraph make_generator(const ModelOptions& o) {
  std::vector<FeatureShape> grids = plan_grids(o.image);
  for (std::size_t i = 0; i < grids.size(); ++i)
    grids[i].channels = has_one_width(o.image) ? 2 * o.width : doubled(o.width, i);
  NetworkGraph graph("generator", {1, 1, o.latent});
  Residual net(graph, graph.input(), /*spectral_norm=*/false);
  net.linear("base", grids.back());
  net.add("base_grid", reshape_layer(grids.back()));
  for (std::size_t i = grids.size() - 1; i > 0; --i)
    add_generator_block(net, fmt::format("block{}", grids.size() - i), grids[i - 1].channels);
  net.add("norm", norm_layer(NormKind::Batch, net.shape()));
  net.add("relu", activation_layer(kRelu));
  net.conv("image", o.image.channels, 3, 1);
  net.add("tanh", activation_layer(kTanh));
  return graph;
}

NetworkGraph make_discriminator(const ModelOptions& o) {
  NetworkGraph graph("discriminator", o.image);
  Residual net(graph, graph.input(), o.spectral_norm);
  int number = 0;
  for (const CriticBlock& block : plan_critic(o.image, o.width))
    add_critic_block(net, fmt::format("block{}", ++number), block, discriminator_norm(o));
  net.add("relu", activation_layer(kRelu));
  net.add("pool", global_pool_layer(GlobalPool::Sum));
  net.linear("logit", {1, 1, 1});
  return graph;
}

}  // namespace

GeneratorAndDiscriminator make_resnet(const ModelOptions& options) {
  return {make_generator(options), make_discriminator(options)};
}

}  // namespace gan
