// The planner and the layer lists.
#include "engine/network/architectures.h"

#include "engine/network/layer_passes.h"
#include "kernels/core/contract/error.h"
#include "tests/support/catch.h"

using namespace gan;

namespace {

std::string sizes(const ImageShape& image) {
  std::string text;
  for (const ImageShape& grid : plan_grids(image))
    text += (text.empty() ? "" : " ") + std::to_string(grid.height) + "x" + std::to_string(grid.width);
  return text;
}

}  // namespace

TEST_CASE("base grids and stages", "[architectures]") {
  CHECK(sizes({64, 64, 3}) == "64x64 32x32 16x16 8x8 4x4");
  CHECK(sizes({32, 32, 1}) == "32x32 16x16 8x8 4x4");
  CHECK(sizes({28, 28, 1}) == "28x28 14x14 7x7");
  CHECK(sizes({96, 64, 3}) == "96x64 48x32 24x16 12x8 6x4");
  CHECK(sizes({50, 50, 1}) == "50x50 25x25 12x12 6x6");
  CHECK(sizes({16, 256, 3}) == "16x256 8x128 4x64");
}

TEST_CASE("both networks fit together at every size from 16 to 256", "[architectures]") {
  for (const char* model : {"dcgan", "mlp"})
    for (std::int64_t height = 16; height <= 256; ++height)
      for (std::int64_t width = 16; width <= 256; ++width) {
        const GeneratorAndDiscriminator nets =
            make_architecture({.model = model,
                               .image = {height, width, height % 2 ? std::int64_t{1} : std::int64_t{3}},
                               .latent = 7,
                               .width = 2});
        try {
          check_layer_sizes(nets.generator);
          check_layer_sizes(nets.discriminator);
        } catch (const Error& error) { FAIL(model << " " << height << "x" << width << ": " << error.what()); }
        const ImageShape& base = plan_grids({height, width, 1}).back();
        if (std::min(base.height, base.width) < 4 || std::min(base.height, base.width) > 7)
          FAIL(height << "x" << width << ": base grid " << base.height << "x" << base.width);
      }
}

TEST_CASE("at 64x64 the layers are those of PyTorch's DCGAN example", "[architectures]") {
  const GeneratorAndDiscriminator nets =
      make_architecture({.model = "dcgan", .image = {64, 64, 3}, .latent = 100, .width = 64});
  // nz=100, ngf=ndf=64, nc=3; transposed convolution 4/1/0, then 4/2/1; no bias anywhere
  const std::vector<std::int64_t> g_channels = {100, 512, 256, 128, 64, 3}, d_channels = {3, 64, 128, 256, 512, 1};
  const auto check = [](const NetworkSpec& net, const std::vector<std::int64_t>& channels, bool transposed) {
    std::size_t conv = 0;
    for (const Layer& layer : net.layers)
      if (const auto* l = std::get_if<ConvLayer>(&layer)) {
        const bool outer = transposed ? conv == 0 : conv + 2 == channels.size();
        INFO(net.name << " convolution " << conv);
        CHECK(l->in.channels == channels[conv]);
        CHECK(l->out.channels == channels[conv + 1]);
        CHECK(l->kernel_h == 4);
        CHECK(l->kernel_w == 4);
        CHECK(l->stride_h == (outer ? 1 : 2));
        CHECK(l->pad_w == (outer ? 0 : 1));
        CHECK(l->transposed == transposed);
        ++conv;
      }
    CHECK(conv + 1 == channels.size());
  };
  check(nets.generator, g_channels, true);
  check(nets.discriminator, d_channels, false);
  CHECK(nets.generator.layers.size() == 14);      // indices 0 ... 13 of the example's nn.Sequential
  CHECK(nets.discriminator.layers.size() == 12);  // its index 12, the sigmoid, is part of our loss

  StorageTable table;
  CHECK(Network(nets.generator, table, {.prefix = "g"}).parameter_count() == 3576704);
  CHECK(Network(nets.discriminator, table, {.prefix = "d"}).parameter_count() == 2765568);
}

TEST_CASE("what the planner refuses", "[architectures]") {
  const auto make = [](const ArchitectureOptions& o) { return make_architecture(o); };
  CHECK_THROWS_AS(make({.image = {15, 32, 1}}), InputError);
  CHECK_THROWS_AS(make({.image = {32, 257, 1}}), InputError);
  CHECK_THROWS_AS(make({.image = {32, 32, 2}}), InputError);
  CHECK_THROWS_AS(make({.image = {32, 32, 1}, .width = 0}), InputError);
  CHECK_THROWS_AS(make({.model = "transformer", .image = {32, 32, 1}}), InputError);
}
