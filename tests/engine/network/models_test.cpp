// The planner and the layer lists.
#include <nlohmann/json.hpp>

#include "engine/network/models/models.h"

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

TEST_CASE("what the catalogue refuses", "[models]") {
  const auto make = [](const ModelOptions& o) { return make_model(o); };
  CHECK_THROWS_AS(make({.image = {15, 32, 1}}), Error);
  CHECK_THROWS_AS(make({.image = {32, 32, 0}}), Error);
  CHECK_THROWS_AS(make({.image = {32, 32, 1}, .width = 0}), Error);
  CHECK_THROWS_AS(make({.model = "transformer", .image = {32, 32, 1}}), Error);
}
