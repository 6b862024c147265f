// The gradient of WGAN-GP's penalty with respect to all of a critic's parameters, by finite differences in double.
#include "engine/algorithm/gradient_penalty.h"

#include <random>

#include "engine/device/runtime.h"
#include "tests/support/catch.h"
#include "tests/support/instruction_test.h"

using namespace gan;

namespace {

/// A critic in double, images that lie in the run's memory, and the program that leaves the penalty's gradient.
struct Penalised {
  Penalised(const ModelOptions& model, const GradientPenaltyOptions& options)
      : critic(make_model(model).discriminator, table, {.prefix = "critic", .real = DType::F64}),
        images(table.add({.name = "images", .shape = model.image.batch(3), .dtype = DType::F64})) {
    Builder b(table, {.name = "penalty", .real = DType::F64});
    b.phase("all");
    b.emit(Fill{.y = critic.gradient_slab(), .value = 0});
    critic.normalize_weights(b);
    penalise_gradient(b, critic, critic.forward(b, images, "D(x^)"), options, kInterpolatesPenalty);
    critic.finish_gradients(b);
    runtime = std::make_unique<Runtime>(make_cpu_backend(1), PlannedPrograms(table, {b.finish()}));
    std::mt19937 random(3);
    std::normal_distribution<double> normal;
    const auto fill = [&](const Tensor& tensor, double scale) {
      std::vector<double> values(static_cast<std::size_t>(tensor.count()));
      for (double& v : values) v = scale * normal(random);
      runtime->upload(tensor, values.data());
    };
    fill(critic.parameter_slab(), 0.4);
    fill(images, 1.0);
    for (const SpectralWeight& weight : critic.spectral_weights()) fill(critic.statistics()[weight.u].value, 1.0);
    // Singular vectors that have come to rest: only there is the gradient with u and v held fixed a derivative.
    const int runs = critic.spectral_weights().empty() ? 1 : 500;
    for (int i = 0; i < runs; ++i) runtime->run(0);
  }

  double reading(const char* name) const {
    const Readings& readings = runtime->program(0).readings;
    return runtime->read<double>(readings.values)[static_cast<std::size_t>(readings.index_of(name))];
  }

  StorageTable table;
  Network critic;
  Tensor images;
  std::unique_ptr<Runtime> runtime;
};

void check(const ModelOptions& model, const GradientPenaltyOptions& options) {
  Penalised it(model, options);
  INFO(model.model << " " << to_string(model.image) << ", one-sided " << options.one_sided << ", mean norm "
                   << it.reading("gradient_norm"));
  REQUIRE(it.reading("penalty") > 0.01);
  for (std::size_t p = 0; p < it.critic.parameters().size(); ++p) {
    const Parameter& parameter = it.critic.parameters()[p];
    const std::vector<double> at = it.runtime->read<double>(parameter.value);
    const std::vector<double> gradient = it.runtime->read<double>(it.critic.view_of(it.critic.gradient_slab(), p));
    std::vector<double> probes, claimed;
    const std::size_t stride = 1 + at.size() / 25;
    for (std::size_t i = 0; i < at.size(); i += stride) {
      probes.push_back(at[i]);
      claimed.push_back(gradient[i]);
    }
    gan::test::expect_gradient(
        parameter.name,
        [&](const std::vector<double>& moved) {
          std::vector<double> all = at;
          for (std::size_t i = 0; i < moved.size(); ++i) all[i * stride] = moved[i];
          it.runtime->upload(parameter.value, all.data());
          it.runtime->run(0);
          return it.reading("penalty");
        },
        probes, claimed);
    it.runtime->upload(parameter.value, at.data());
    it.runtime->run(0);
  }
}

}  // namespace

TEST_CASE("the penalty's gradient with respect to the weights", "[gradient_penalty]") {
  for (const bool one_sided : {false, true}) {
    check({.model = "mlp", .image = {16, 17, 1}, .latent = 5, .width = 2}, {.weight = 10, .one_sided = one_sided});
    check({.model = "dcgan", .image = {16, 17, 3}, .latent = 5, .d_norm = NormKind::None, .width = 2},
          {.weight = 3, .one_sided = one_sided});
  }
}

TEST_CASE("the penalty's gradient with respect to every model's weights", "[gradient_penalty]") {
  const FeatureShape image{16, 16, 1};
  check({.model = "resnet", .image = image, .latent = 5, .width = 2}, {.weight = 10});
  check({.model = "anime-wgan", .image = {16, 18, 3}, .latent = 5, .width = 1}, {.weight = 10});
  check({.model = "anime-wganp", .image = {16, 20, 1}, .latent = 5, .width = 1}, {.weight = 10});
  check({.model = "anime-wgan256", .image = image, .latent = 5, .width = 2}, {.weight = 10});
}

TEST_CASE("the penalty's gradient through every norm that looks at an image by itself", "[gradient_penalty]") {
  for (const NormKind norm : {NormKind::Instance, NormKind::Layer}) {
    check({.model = "dcgan", .image = {16, 17, 3}, .latent = 5, .d_norm = norm, .width = 2}, {.weight = 3});
    check({.model = "resnet", .image = {16, 16, 1}, .latent = 5, .d_norm = norm, .width = 2}, {.weight = 10});
    check({.model = "anime-wgan256", .image = {16, 16, 1}, .latent = 5, .d_norm = norm, .width = 2}, {.weight = 10});
  }
  check({.model = "mlp", .image = {16, 17, 1}, .latent = 5, .d_norm = NormKind::Layer, .width = 2}, {.weight = 10});
}

TEST_CASE("the penalty's gradient with respect to spectrally normalised weights", "[gradient_penalty][spectral_norm]") {
  check({.model = "mlp", .image = {16, 17, 1}, .latent = 5, .spectral_norm = true, .width = 2}, {.weight = 10});
  check({.model = "dcgan",
         .image = {16, 17, 3},
         .latent = 5,
         .d_norm = NormKind::None,
         .spectral_norm = true,
         .width = 2},
        {.weight = 3});
  check({.model = "resnet", .image = {16, 16, 1}, .latent = 5, .spectral_norm = true, .width = 2}, {.weight = 10});
}

TEST_CASE("straight lines need no second-order sweep", "[gradient_penalty]") {
  StorageTable storages;
  const Network critic(
      make_model({.model = "dcgan", .image = {16, 16, 1}, .latent = 5, .d_norm = NormKind::None, .width = 2})
          .discriminator,
      storages, {.prefix = "critic"});
  const Tensor images = storages.add({.name = "images", .shape = {3, 16, 16, 1}});
  Builder b(storages, {.name = "penalty"});
  b.phase("all");
  penalise_gradient(b, critic, critic.forward(b, images, "D(x^)"), {}, kInterpolatesPenalty);
  const Program program = b.finish();
  int forward = 0, dgrad = 0, wgrad = 0;
  for (const Step& step : program.steps) {
    const std::string name = name_of(step.instruction);
    forward += name.ends_with("fprop");
    dgrad += name.ends_with("dgrad");
    wgrad += name.ends_with("wgrad");
  }
  const int products = 3;          // two convolutions and the covering one
  CHECK(forward == 2 * products);  // the forward and the tangent sweep
  CHECK(dgrad == products);
  CHECK(wgrad == products);
}
