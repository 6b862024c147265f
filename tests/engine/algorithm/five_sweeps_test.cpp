// The critic's step in one batch and five sweeps, against the same gradients one pass after another.
#include <random>

#include "engine/algorithm/steps.h"
#include "engine/device/runtime.h"
#include "tests/support/catch.h"

using namespace gan;

namespace {

constexpr std::int64_t kBatch = 3;

/// A critic in double with random weights and images, and the program that `write` makes of them.
struct CriticStep {
  template <class Write>
  CriticStep(const ModelOptions& model, Write&& write)
      : critic(make_model(model).discriminator, table, {.prefix = "critic", .real = DType::F64}),
        images(table.add({.name = "images", .shape = model.image.batch(3 * kBatch), .dtype = DType::F64})) {
    Builder b(table, {.name = "critic step", .real = DType::F64});
    b.phase("D step");
    write(b, critic, images);
    program = b.finish();
    Runtime runtime(make_cpu_backend(1), PlannedPrograms(table, {program}));
    std::mt19937 random(5);
    std::normal_distribution<double> normal;
    for (const auto& [tensor, scale] : {std::pair{critic.parameter_slab(), 0.3}, {images, 1.0}}) {
      std::vector<double> values(static_cast<std::size_t>(tensor.count()));
      for (double& v : values) v = scale * normal(random);
      runtime.upload(tensor, values.data());
    }
    runtime.run(0);
    gradient = runtime.read<double>(critic.gradient_slab());
    readings = runtime.read<double>(runtime.program(0).readings.values);
  }

  int count(const char* ending) const {
    int found = 0;
    for (const Step& step : program.steps) found += std::string(name_of(step.instruction)).ends_with(ending);
    return found;
  }

  StorageTable table;
  Network critic;
  Tensor images;
  Program program;
  std::vector<double> gradient, readings;
};

ModelOptions tiny(const char* model, NormKind norm) {
  const std::int64_t width = model == std::string("anime-wgan256") ? 16 : 18;
  return {.model = model, .image = {16, width, 2}, .latent = 4, .d_norm = norm, .width = 3};
}

}  // namespace

TEST_CASE("five sweeps over one batch leave the gradients of three passes", "[five_sweeps]") {
  const std::unique_ptr<Objective> objective = make_objective({.name = "wgan-gp"});
  const GradientPenaltyOptions penalty{.weight = 7};
  const std::pair<const char*, NormKind> critics[] = {
      {"mlp", NormKind::None},    {"dcgan", NormKind::None},  {"dcgan", NormKind::Instance},
      {"dcgan", NormKind::Layer}, {"dcgan", NormKind::Batch}, {"anime-wgan256", NormKind::Layer}};
  for (const auto& [model, norm] : critics) {
    INFO(model << ", norm " << static_cast<int>(norm));
    const CriticStep batched(tiny(model, norm), [&](Builder& b, const Network& critic, const Tensor& images) {
      objective->declare_readings(b);
      judge_with_penalty(b, critic, *objective, images, penalty);
      b.emit(Fill{.y = b.reading("loss_g"), .value = 0});
    });
    const CriticStep apart(tiny(model, norm), [&](Builder& b, const Network& critic, const Tensor& images) {
      objective->declare_readings(b);
      judge(b, critic, *objective, images.rows(0, kBatch), images.rows(kBatch, kBatch));
      penalise_gradient(b, critic, critic.forward(b, images.rows(2 * kBatch, kBatch), "D(x^)"), penalty,
                        kInterpolatesPenalty);
      b.emit(Fill{.y = b.reading("loss_g"), .value = 0});
    });
    double largest = 0;
    for (const double g : apart.gradient) largest = std::max(largest, std::abs(g));
    REQUIRE(largest > 1e-3);
    REQUIRE(batched.gradient.size() == apart.gradient.size());
    for (std::size_t i = 0; i < apart.gradient.size(); ++i)
      REQUIRE(std::abs(batched.gradient[i] - apart.gradient[i]) <= 1e-12 * largest);
    for (std::size_t i = 0; i < apart.readings.size(); ++i)
      CHECK(std::abs(batched.readings[i] - apart.readings[i]) <= 1e-12 * std::max(1.0, std::abs(apart.readings[i])));

    if (norm != NormKind::None) continue;
    const int products = model == std::string("mlp") ? 4 : 3;
    CHECK(batched.count("fprop") == 2 * products);  // sweeps 1 and 3
    CHECK(batched.count("dgrad") == products);      // sweep 2; there is no 4 for straight lines
    CHECK(batched.count("wgrad") == 2 * products);  // sweep 5: (x, dy) and (v, dy)
  }
}

TEST_CASE("only the penalised rows go on to the image", "[five_sweeps]") {
  const std::unique_ptr<Objective> objective = make_objective({.name = "wgan-gp"});
  const CriticStep step(tiny("dcgan", NormKind::None), [&](Builder& b, const Network& critic, const Tensor& images) {
    judge_with_penalty(b, critic, *objective, images, {});
  });
  int to_image = 0;
  for (const Step& it : step.program.steps)
    if (const auto* dgrad = std::get_if<ConvDgrad>(&it.instruction);
        dgrad && dgrad->shape.c == 2) {  // the images' channels
      CHECK(dgrad->shape.n == kBatch);
      ++to_image;
    }
  CHECK(to_image == 1);
}

TEST_CASE("the wrong norm is the norm of every pixel by itself", "[five_sweeps]") {
  const CriticStep step(tiny("dcgan", NormKind::None), [&](Builder& b, const Network& critic, const Tensor& images) {
    b.emit(Fill{.y = critic.gradient_slab(), .value = 0});
    penalise_gradient(b, critic, critic.forward(b, images, "D"), {.norm = GradientPenaltyOptions::Norm::Channel},
                      kInterpolatesPenalty);
  });
  for (const Step& it : step.program.steps)
    if (const auto* penalty = std::get_if<GradientPenalty>(&it.instruction)) {
      CHECK(penalty->norm.shape == Shape{3 * kBatch * 16 * 18});
      CHECK(penalty->gradient.shape == Shape{3 * kBatch * 16 * 18, 2});
    }
}
