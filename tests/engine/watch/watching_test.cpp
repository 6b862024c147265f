// The look from outside: it changes nothing, the numbers are those of the players, and real runs make the alarms sound.
#include "engine/watch/watching.h"

#include <algorithm>
#include <random>

#include "engine/run/training_programs.h"
#include "engine/watch/alarms.h"
#include "tests/support/catch.h"

using namespace gan;

namespace {

TrainingOptions tiny() {
  TrainingOptions o;
  o.image_height = o.image_width = 16;
  o.width = 2;
  o.latent = 5;
  o.batch = 8;
  o.iterations = 1;
  return o;
}

/// A run on images of noise.
struct WatchedRun {
  explicit WatchedRun(const TrainingOptions& o)
      : programs(o, 80, 1), runtime(make_cpu_backend(1), programs.plan()), options(o) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(programs.dataset.count()));
    std::mt19937 random(1);
    for (std::uint8_t& p : pixels) p = static_cast<std::uint8_t>(random());
    runtime.upload(programs.dataset, pixels.data());
    runtime.run(kInitialization);
  }

  std::vector<std::byte> state() {
    std::vector<std::byte> all;
    programs.players.for_each_network([&](const Network& network, const Optimizer*) {
      for (const Tensor& slab : {network.parameter_slab(), network.statistics_slab()}) {
        if (!slab.present()) continue;
        const std::vector<float> values = runtime.read<float>(slab);
        const auto bytes = std::as_bytes(std::span(values));
        all.insert(all.end(), bytes.begin(), bytes.end());
      }
    });
    return all;
  }

  Measures look() {
    runtime.run(kWatching);
    return measure(programs.players, runtime, kWatching, options.objective == "wgan" ? options.clip : 0);
  }

  TrainingPrograms programs;
  Runtime runtime;
  TrainingOptions options;
};

}  // namespace

TEST_CASE("a look changes neither weights nor statistics", "[watching]") {
  WatchedRun run(tiny());
  run.runtime.run(kIteration);
  const auto before = run.state();
  const Measures once = run.look();
  CHECK(run.state() == before);
  const Measures twice = run.look();
  CHECK(once.on_training == twice.on_training);  // the same iteration, the same look
  CHECK(once.diversity == twice.diversity);
  CHECK(once.on_held_out.has_value());
  CHECK(once.real_diversity > 0.5);  // of noise
  CHECK(once.generator_gradient > 0);
}

TEST_CASE("held-out images are at the end, each image once", "[watching]") {
  constexpr std::int64_t kCount = 50, kHeldOut = 7;
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < kCount; ++i) pixels.insert(pixels.end(), 3, static_cast<std::uint8_t>(i));
  const std::vector<std::uint8_t> before = pixels;
  move_held_out_to_end(pixels, kCount, kHeldOut, 1);
  CHECK(pixels != before);
  std::vector<std::uint8_t> sorted = pixels;
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == before);
  for (std::size_t i = 0; i < pixels.size(); i += 3) CHECK(pixels[i] == pixels[i + 2]);
  std::vector<std::uint8_t> other = before;
  move_held_out_to_end(other, kCount, kHeldOut, 2);
  CHECK(other != pixels);
  std::vector<std::uint8_t> none = before;
  move_held_out_to_end(none, kCount, 0, 1);
  CHECK(none == before);
}

TEST_CASE("training never sees what is held out", "[watching]") {
  const TrainingPrograms programs(tiny(), 80, 1);
  CHECK(programs.held_out == 4);
  for (const Step& step : programs.iteration().steps) {
    if (const auto* indices = std::get_if<SampleIndices>(&step.instruction)) CHECK(indices->count == 76);
    if (const auto* batch = std::get_if<AssembleBatch>(&step.instruction)) CHECK(batch->data.shape[0] == 76);
  }
  CHECK(held_out_images(tiny(), 39) == 0);  // a twentieth would be one image
}

TEST_CASE("an all too strong discriminator and a dead generator are heard", "[watching]") {
  TrainingOptions o = tiny();
  o.norm = "none";
  o.hold_out = 0;
  WatchedRun run(o);
  run.runtime.run(kIteration);
  Alarms alarms({});
  const auto fill = [&](const Tensor& tensor, float value) {
    const std::vector<float> values(static_cast<std::size_t>(tensor.count()), value);
    run.runtime.upload(tensor, values.data());
  };
  for (int i = 0; i < 5; ++i) CHECK(alarms.look(run.look()).empty());
  fill(run.programs.players.generator.parameter_slab(), 0);  // one image for every z
  fill(run.programs.players.generator.gradient_slab(), 0);
  const Measures dead = run.look();
  CHECK(dead.diversity == 0);
  CHECK(dead.generator_gradient == 0);
  CHECK(alarms.look(dead).empty());
  CHECK(alarms.look(dead).size() == 2);
}

TEST_CASE("clipped weights pile up when the critic's rate is far too large", "[watching]") {
  TrainingOptions o = tiny();
  o.objective = "wgan";
  o.optimizer = "rmsprop";
  o.d_lr = 1;
  WatchedRun run(o);
  Alarms alarms({.has_probabilities = false, .weight_clip = o.clip});
  std::vector<std::string> said;
  for (int i = 0; i < 3; ++i) {
    run.runtime.run(kIteration);
    for (std::string& sentence : alarms.look(run.look())) said.push_back(std::move(sentence));
  }
  REQUIRE(said.size() >= 1);
  CHECK(std::any_of(said.begin(), said.end(),
                    [](const std::string& s) { return s.find("piled up at the bounds of --clip") != s.npos; }));
}
