// How weights start: bounds and spread of the draws, and which layer of which model has which.
#include "engine/network/initializers.h"

#include <algorithm>
#include <cmath>

#include "engine/device/runtime.h"
#include "engine/network/layers/layers.h"
#include "engine/network/models/models.h"
#include "engine/network/network.h"
#include "kernels/core/contract/error.h"
#include "tests/support/catch.h"

using namespace gan;

namespace {

/// Largest magnitude and standard deviation of what a network's parameter starts with.
struct Spread {
  double largest = 0, deviation = 0;
};

class Started {
 public:
  explicit Started(NetworkGraph graph) : network_(std::move(graph), table_, {.prefix = "net"}) {
    const Tensor zero = table_.add({.name = "zero", .shape = {}, .dtype = DType::U64});
    Builder b(table_, {.name = "start", .seed = 3});
    b.phase("all");
    network_.initialize(b, zero);
    runtime_ = std::make_unique<Runtime>(make_cpu_backend(1), PlannedPrograms(table_, {b.finish()}));
    runtime_->run(0);
  }

  Spread of(const std::string& name) const {
    for (const Parameter& p : network_.parameters()) {
      if (p.name != name) continue;
      Spread spread;
      const std::vector<float> values = runtime_->read<float>(p.value);
      for (const float v : values) {
        spread.largest = std::max(spread.largest, std::abs(static_cast<double>(v)));
        spread.deviation += static_cast<double>(v) * static_cast<double>(v) / static_cast<double>(values.size());
      }
      spread.deviation = std::sqrt(spread.deviation);
      return spread;
    }
    throw Error("there is no parameter " + name);
  }

 private:
  StorageTable table_;
  Network network_;
  std::unique_ptr<Runtime> runtime_;
};

/// Of at least 1000 draws from U(-bound, bound): the largest comes within 2 % of the bound but for one case in 1e8, the
/// deviation is bound / sqrt(3) within 10 %, more than five of its own deviations.
void check_uniform(const Spread& spread, double bound) {
  CHECK(spread.largest <= bound * (1 + 1e-6));
  CHECK(spread.largest > 0.98 * bound);
  CHECK(spread.deviation == Approx(bound / std::sqrt(3)).epsilon(0.1));
}

}  // namespace

TEST_CASE("the bounds of the published initialisations", "[initializers]") {
  const Fan fan = fan_of_filter(5, 7, 3, 2);
  CHECK(fan.in == 30);
  CHECK(fan.out == 42);
  CHECK(glorot_uniform(fan).bound == Approx(std::sqrt(6.0 / 72)));
  // What WGAN-GP's code calls He: U(+-sqrt(3) std), std = sqrt(4 / (in + out)).
  CHECK(glorot_uniform(fan, std::sqrt(2.0f)).bound == Approx(std::sqrt(3.0) * std::sqrt(4.0 / 72)));
  CHECK(pytorch_uniform(fan).bound == Approx(1 / std::sqrt(30.0)));
}

TEST_CASE("residual networks start as SNGAN's do", "[initializers]") {
  const GeneratorAndDiscriminator nets =
      make_model({.model = "resnet", .image = {32, 32, 3}, .latent = 64, .width = 16});
  const Started g(nets.generator), d(nets.discriminator);
  check_uniform(g.of("base.weight"), std::sqrt(6.0 / (64 + 32 * 16)));
  check_uniform(g.of("block1.conv1.weight"), std::sqrt(12.0 / (2 * 32 * 9)));
  check_uniform(g.of("block1.shortcut.weight"), std::sqrt(6.0 / (2 * 32)));
  check_uniform(d.of("block2.conv2.weight"), std::sqrt(12.0 / (2 * 16 * 9)));
  CHECK(g.of("block1.conv1.bias").largest == 0);
  CHECK(g.of("block1.norm1.weight").deviation == Approx(1));
}

TEST_CASE("the anime models start as PyTorch's layers do", "[initializers]") {
  const GeneratorAndDiscriminator nets =
      make_model({.model = "anime-dcgan", .image = {32, 32, 3}, .latent = 10, .width = 8});
  const Started g(nets.generator), d(nets.discriminator);
  check_uniform(d.of("main.2.weight"), 1 / std::sqrt(32.0 * 16));  // 32 to 64 channels, 4x4
  check_uniform(g.of("main.3.weight"), 1 / std::sqrt(32.0 * 16));  // transposed, 64 to 32: the outputs count
  CHECK(d.of("main.2.bias").largest <= 1 / std::sqrt(32.0 * 16));
  CHECK(d.of("main.2.bias").largest > 0);
  CHECK(d.of("main.3.weight").deviation == Approx(1));
}

TEST_CASE("mlp for points starts as PyTorch's layers do, biases too; for images as ever", "[initializers]") {
  constexpr std::int64_t kWidth = 1024;  // so that a layer has enough biases to tell
  const GeneratorAndDiscriminator nets = make_model({.model = "mlp", .image = {1, 1, 1}, .latent = 4, .width = kWidth});
  const Started g(nets.generator), d(nets.discriminator);
  for (const char* kind : {"weight", "bias"}) {
    INFO(kind);
    check_uniform(g.of(std::string("main.0.") + kind), 1 / std::sqrt(4.0));
    check_uniform(g.of(std::string("main.2.") + kind), 1 / std::sqrt(kWidth));
    check_uniform(d.of(std::string("main.1.") + kind), 1);
    check_uniform(d.of(std::string("main.3.") + kind), 1 / std::sqrt(kWidth));
  }
  check_uniform(d.of("main.5.weight"), 1 / std::sqrt(kWidth));

  const GeneratorAndDiscriminator images = make_model({.model = "mlp", .image = {16, 16, 1}, .latent = 4, .width = 4});
  const Started of_images(images.generator);
  CHECK(of_images.of("main.0.bias").largest == 0);
  CHECK(of_images.of("main.2.weight").largest > 1.5 / std::sqrt(16.0));  // 512 draws of a normal, 1 / sqrt(in) wide
}
