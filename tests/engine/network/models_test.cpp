// The planner and the layer lists.
#include <nlohmann/json.hpp>

#include "engine/network/models/models.h"

#include <fmt/format.h>

#include <set>

#include "engine/network/network.h"
#include "kernels/core/contract/error.h"
#include "tests/support/catch.h"

using namespace gan;

namespace {

std::string sizes(const FeatureShape& image) {
  std::string text;
  for (const FeatureShape& grid : plan_grids(image))
    text += (text.empty() ? "" : " ") + std::to_string(grid.height) + "x" + std::to_string(grid.width);
  return text;
}

}  // namespace

TEST_CASE("base grids and stages", "[models]") {
  CHECK(sizes({64, 64, 3}) == "64x64 32x32 16x16 8x8 4x4");
  CHECK(sizes({32, 32, 1}) == "32x32 16x16 8x8 4x4");
  CHECK(sizes({28, 28, 1}) == "28x28 14x14 7x7");
  CHECK(sizes({96, 64, 3}) == "96x64 48x32 24x16 12x8 6x4");
  CHECK(sizes({50, 50, 1}) == "50x50 25x25 12x12 6x6");
  CHECK(sizes({16, 256, 3}) == "16x256 8x128 4x64");
}

TEST_CASE("both networks fit together at every size from 16 to 256", "[models]") {
  for (const char* model : {"dcgan", "mlp"})
    for (std::int64_t height = 16; height <= 256; ++height)
      for (std::int64_t width = 16; width <= 256; ++width) {
        const FeatureShape image{height, width, height % 2 ? std::int64_t{1} : std::int64_t{3}};
        try {  // a graph checks every node as it is added
          const GeneratorAndDiscriminator nets = make_model({.model = model, .image = image, .latent = 7, .width = 2});
          if (nets.generator.output_shape() != image) FAIL(model << ": makes other images at " << to_string(image));
          if (nets.discriminator.output_shape() != FeatureShape{1, 1, 1}) FAIL(model << ": makes no logit");
        } catch (const Error& error) { FAIL(model << " " << to_string(image) << ": " << error.what()); }
        const FeatureShape& base = plan_grids({height, width, 1}).back();
        if (std::min(base.height, base.width) < 4 || std::min(base.height, base.width) > 7)
          FAIL(height << "x" << width << ": base grid " << base.height << "x" << base.width);
      }
}

TEST_CASE("at 64x64 the layers are those of PyTorch's DCGAN example", "[models]") {
  const GeneratorAndDiscriminator nets =
      make_model({.model = "dcgan", .image = {64, 64, 3}, .latent = 100, .width = 64});
  // nz=100, ngf=ndf=64, nc=3; transposed convolution 4/1/0, then 4/2/1; no bias anywhere
  const std::vector<int> g_channels = {100, 512, 256, 128, 64, 3}, d_channels = {3, 64, 128, 256, 512, 1};
  const auto check = [](const NetworkGraph& net, const std::vector<int>& channels, bool transposed) {
    std::size_t conv = 0;
    const nlohmann::json modules = describe(net)["modules"];
    for (const nlohmann::json& module : modules) {
      if (module["type"] != (transposed ? "conv_transpose2d" : "conv2d")) continue;
      const bool outer = transposed ? conv == 0 : conv + 2 == channels.size();
      INFO(net.name() << " convolution " << conv);
      CHECK(module["in_channels"] == channels[conv]);
      CHECK(module["out_channels"] == channels[conv + 1]);
      CHECK(module["kernel_size"] == nlohmann::json{4, 4});
      CHECK(module["stride"] == (outer ? nlohmann::json{1, 1} : nlohmann::json{2, 2}));
      CHECK(module["padding"] == (outer ? nlohmann::json{0, 0} : nlohmann::json{1, 1}));
      CHECK_FALSE(module.contains("bias"));
      ++conv;
    }
    CHECK(conv + 1 == channels.size());
  };
  check(nets.generator, g_channels, true);
  check(nets.discriminator, d_channels, false);
  CHECK(nets.generator.nodes().size() == 14);      // indices 0 ... 13 of the example's nn.Sequential
  CHECK(nets.discriminator.nodes().size() == 12);  // its index 12, the sigmoid, is part of our loss

  StorageTable table;
  CHECK(Network(nets.generator, table, {.prefix = "g"}).parameter_count() == 3576704);
  CHECK(Network(nets.discriminator, table, {.prefix = "d"}).parameter_count() == 2765568);
}

namespace {

struct Counts {
  std::int64_t generator, discriminator;
  bool operator==(const Counts&) const = default;
};

Counts parameter_counts(const ModelOptions& options) {
  const GeneratorAndDiscriminator nets = make_model(options);
  StorageTable table;
  return {Network(nets.generator, table, {.prefix = "g"}).parameter_count(),
          Network(nets.discriminator, table, {.prefix = "d"}).parameter_count()};
}

/// A network's layers in a line each: "conv2d 3->256 4/2/1", "batch_norm2d 512" ...
std::vector<std::string> layer_list(const NetworkGraph& net) {
  std::vector<std::string> list;
  const nlohmann::json modules = describe(net)["modules"];
  for (const nlohmann::json& m : modules) {
    std::string line = m["type"];
    if (m.contains("kernel_size") && m.contains("stride"))
      line += fmt::format(" {}->{} {}/{}/{}", m["in_channels"].get<int>(), m["out_channels"].get<int>(),
                          m["kernel_size"][0].get<int>(), m["stride"][0].get<int>(), m["padding"][0].get<int>());
    for (const char* key : {"num_features", "num_channels", "num_groups", "scale_factor", "upscale_factor"})
      if (m.contains(key)) line += fmt::format(" {}", m[key].get<int>());
    if (m.contains("negative_slope")) line += fmt::format(" {:.1f}", m["negative_slope"].get<double>());
    if (m.value("bias", false)) line += " bias";
    list.push_back(line);
  }
  return list;
}

}  // namespace

TEST_CASE("mlp for points: two hidden layers, no tanh, D's norm before its second LeakyReLU", "[models]") {
  const ModelOptions plane{.model = "mlp", .image = {1, 1, 2}, .latent = 3, .width = 16};
  const GeneratorAndDiscriminator nets = make_model(plane);
  CHECK(layer_list(nets.generator) ==
        std::vector<std::string>{"linear", "leaky_relu 0.2", "linear", "leaky_relu 0.2", "linear", "reshape"});
  CHECK(layer_list(nets.discriminator) ==
        std::vector<std::string>{"reshape", "linear", "leaky_relu 0.2", "linear", "leaky_relu 0.2", "linear"});
  CHECK(nets.generator.output_shape() == FeatureShape{1, 1, 2});
  CHECK(nets.discriminator.output_shape() == FeatureShape{1, 1, 1});
  // weights and biases of 3-16-16-2 and 2-16-16-1
  CHECK(parameter_counts(plane) ==
        Counts{3 * 16 + 16 + 16 * 16 + 16 + 16 * 2 + 2, 2 * 16 + 16 + 16 * 16 + 16 + 16 + 1});
  const ModelOptions line{.model = "mlp", .image = {1, 1, 1}, .latent = 1, .width = 4};
  CHECK(parameter_counts(line) == Counts{4 + 4 + 4 * 4 + 4 + 4 + 1, 4 + 4 + 4 * 4 + 4 + 4 + 1});

  ModelOptions normalised = plane;
  normalised.d_norm = NormKind::Batch;
  CHECK(layer_list(make_model(normalised).discriminator) ==
        std::vector<std::string>{"reshape", "linear", "leaky_relu 0.2", "linear", "batch_norm2d 16", "leaky_relu 0.2",
                                 "linear"});
}

TEST_CASE("models of images do not take points, and say which does", "[models]") {
  for (const std::string& name : model_names()) {
    INFO(name);
    const ModelOptions options{.model = name, .image = {1, 1, 2}};
    CHECK(misfit(options) ==
          (name == "mlp" ? "" : "--model " + name + ": made for images, not for points; accepted is mlp"));
    if (name != "mlp") CHECK_THROWS_AS(make_model(options), Error);
  }
  // an image of one pixel in one direction only is too small, as ever
  CHECK_THROWS_AS(make_model({.model = "mlp", .image = {1, 16, 1}}), Error);
}

TEST_CASE("the anime project's DCGAN, layer by layer", "[models]") {
  const ModelOptions options{.model = "anime-dcgan", .image = {64, 64, 3}};
  const GeneratorAndDiscriminator nets = make_model(options);
  CHECK(layer_list(nets.generator) ==
        std::vector<std::string>{"conv_transpose2d 100->1024 4/1/0 bias", "batch_norm2d 1024", "relu",
                                 "conv_transpose2d 1024->512 4/2/1 bias", "batch_norm2d 512", "relu",
                                 "conv_transpose2d 512->256 4/2/1 bias", "batch_norm2d 256", "relu",
                                 "conv_transpose2d 256->128 4/2/1 bias", "batch_norm2d 128", "relu",
                                 "conv_transpose2d 128->3 4/2/1 bias", "tanh"});
  CHECK(layer_list(nets.discriminator) ==
        std::vector<std::string>{"conv2d 3->256 4/2/1 bias", "leaky_relu 0.2", "conv2d 256->512 4/2/1 bias",
                                 "batch_norm2d 512", "leaky_relu 0.2", "conv2d 512->1024 4/2/1 bias",
                                 "batch_norm2d 1024", "leaky_relu 0.2", "conv2d 1024->2048 4/2/1 bias",
                                 "batch_norm2d 2048", "leaky_relu 0.2", "conv2d 2048->1 4/1/0 bias"});
  CHECK(parameter_counts(options) == Counts{12660355, 44096257});
}

TEST_CASE("the anime project's Wasserstein critics, layer by layer", "[models]") {
  const ModelOptions wgan{.model = "anime-wgan", .image = {64, 64, 3}},
      wganp{.model = "anime-wganp", .image = {64, 64, 3}};
  CHECK(discriminator_norm(wgan) == NormKind::Instance);
  CHECK(parameter_counts(wgan) == Counts{12660355, 44096769});
  CHECK(parameter_counts(wganp) == Counts{4719363, 44096769});
  CHECK(layer_list(make_model(wgan).generator) ==
        layer_list(make_model({.model = "anime-dcgan", .image = {64, 64, 3}}).generator));
  CHECK(layer_list(make_model(wganp).discriminator) == layer_list(make_model(wgan).discriminator));
  const std::vector<std::string> critic = layer_list(make_model(wgan).discriminator);
  REQUIRE(critic.size() == 13);  // a norm behind each of the four convolutions, the first one, too
  for (const std::size_t at : {0, 3, 6, 9}) {
    CHECK(critic[at].starts_with("conv2d"));
    CHECK(critic[at + 1].starts_with("instance_norm2d"));
    CHECK(critic[at + 2] == "leaky_relu 0.2");
  }
  CHECK(critic[12] == "conv2d 2048->1 4/1/0 bias");
  CHECK(layer_list(make_model(wganp).generator) ==
        std::vector<std::string>{"conv_transpose2d 100->768 4/1/0 bias", "batch_norm2d 768", "relu", "upsample 2",
                                 "conv2d 768->384 3/1/1 bias", "batch_norm2d 384", "relu", "upsample 2",
                                 "conv2d 384->192 3/1/1 bias", "batch_norm2d 192", "relu", "upsample 2",
                                 "conv2d 192->96 3/1/1 bias", "batch_norm2d 96", "relu", "upsample 2",
                                 "conv2d 96->3 3/1/1 bias", "tanh"});
}

TEST_CASE("the 256x256 model has no batch norm in its critic and no bottleneck in its generator", "[models]") {
  const GeneratorAndDiscriminator nets = make_model({.model = "anime-wgan256", .image = {256, 256, 3}});
  for (const Node& node : nets.discriminator.nodes()) CHECK_FALSE(node.layer->mixes_batch());
  for (std::size_t i = 0; i + 2 < nets.generator.nodes().size(); ++i)  // the last two are the image's
    if (nets.generator.nodes()[i].name != "image") CHECK(nets.generator.nodes()[i].shape.channels >= 64);
  for (const Node& node : nets.generator.nodes()) CHECK(node.shape.height <= 256);
}

TEST_CASE("residual networks have the published parameters", "[models]") {
  // kwotsin/mimicry, nets/sngan, instantiated: networks of 32, 48, 64 and 128 a side for z of 128
  const auto counts = [](std::int64_t side, std::int64_t width) {
    return parameter_counts({.model = "resnet", .image = {side, side, 3}, .latent = 128, .width = width});
  };
  CHECK(counts(32, 128) == Counts{4276739, 1053825});
  CHECK(counts(48, 64) == Counts{4878083, 10141441});
  CHECK(counts(64, 64) == Counts{12220675, 10141441});
  CHECK(counts(128, 64) == Counts{32150787, 29017857});
}

TEST_CASE("the norm of the discriminator is the model's own or the one asked for", "[models]") {
  const auto norms = [](const std::string& model, std::optional<NormKind> norm) {
    std::set<std::string> kinds;
    const ModelOptions options{.model = model, .image = {32, 32, 3}, .latent = 5, .d_norm = norm, .width = 4};
    for (const std::string& layer : layer_list(make_model(options).discriminator))
      if (layer.find("norm") != layer.npos) kinds.insert(layer.substr(0, layer.find(' ')));
    return kinds;
  };
  using Kinds = std::set<std::string>;
  CHECK(norms("dcgan", {}) == Kinds{"batch_norm2d"});
  CHECK(norms("mlp", {}) == Kinds{});
  CHECK(norms("resnet", {}) == Kinds{});
  CHECK(norms("anime-dcgan", {}) == Kinds{"batch_norm2d"});
  CHECK(norms("anime-wgan", {}) == Kinds{"instance_norm2d"});
  CHECK(norms("anime-wgan256", {}) == Kinds{});
  for (const std::string& model : model_names()) {
    INFO(model);
    CHECK(norms(model, NormKind::None) == Kinds{});
    CHECK(norms(model, NormKind::Batch) == Kinds{"batch_norm2d"});
    CHECK(norms(model, NormKind::Layer) == Kinds{"group_norm"});
    if (model != "mlp") CHECK(norms(model, NormKind::Instance) == Kinds{"instance_norm2d"});
  }
}

TEST_CASE("sizes that do not fit are refused with those that do", "[models]") {
  CHECK(misfit({.model = "resnet", .image = {48, 48, 3}}).empty());
  CHECK(misfit({.model = "resnet", .image = {50, 50, 3}}) ==
        "--image-size 50x50: resnet doubles the sides of its base grid 3 times; accepted are multiples of 8, as 48x48");
  CHECK(misfit({.model = "anime-wganp", .image = {16, 255, 3}}) ==
        "--image-size 255x16: anime-wganp doubles the sides of its base grid 2 times; accepted are multiples of 4, as "
        "256x16");
  CHECK(misfit({.model = "dcgan", .image = {50, 50, 3}}).empty());
  CHECK(
      misfit({.model = "dcgan", .image = {50, 50, 3}, .upsample = UpsampleKind::Nearest}).starts_with("--image-size"));
  CHECK(misfit({.model = "mlp", .image = {16, 16, 1}, .d_norm = NormKind::Instance}).starts_with("--norm instance"));
  CHECK_THROWS_AS(make_model({.model = "resnet", .image = {50, 50, 3}}), Error);
  // Models of exact halvings: what misfit() accepts can be made, and nothing else.
  for (const char* model : {"resnet", "anime-wganp", "anime-wgan256"})
    for (std::int64_t height = 16; height <= 256; height += 3)
      for (std::int64_t width = 16; width <= 256; width += 4) {
        const ModelOptions options{.model = model, .image = {height, width, 3}, .latent = 7, .width = 2};
        if (!misfit(options).empty()) continue;
        const GeneratorAndDiscriminator nets = make_model(options);
        if (nets.generator.output_shape() != options.image)
          FAIL(model << " makes other images at " << to_string(options.image));
        if (nets.discriminator.output_shape() != FeatureShape{1, 1, 1}) FAIL(model << " makes no logit");
      }
}

TEST_CASE("what the catalogue refuses", "[models]") {
  const auto make = [](const ModelOptions& o) { return make_model(o); };
  CHECK_THROWS_AS(make({.image = {15, 32, 1}}), Error);
  CHECK_THROWS_AS(make({.image = {32, 32, 0}}), Error);
  CHECK_THROWS_AS(make({.image = {32, 32, 1}, .width = 0}), Error);
  CHECK_THROWS_AS(make({.model = "transformer", .image = {32, 32, 1}}), Error);
}
