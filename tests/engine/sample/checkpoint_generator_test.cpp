// A generator from a checkpoint alone draws what the run's own generator draws.
#include "engine/sample/checkpoint_generator.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "engine/files/image_grid.h"
#include "engine/run/checkpoint.h"
#include "engine/run/training_programs.h"
#include "engine/sample/latents.h"
#include "engine/settings/config.h"
#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using test::message_of;
using test::TemporaryFolder;
using Pixels = std::vector<std::uint8_t>;

constexpr std::int64_t kImages = 9;

TrainingOptions small_run() {
  return {.image_height = 16,
          .image_width = 20,
          .channels = 3,
          .width = 4,
          .latent = 10,
          .batch = 6,
          .iterations = 3,
          .ema = 0.5,
          .device = "cpu",
          .threads = 2};
}

/// The state of a run after three iterations on arbitrary images, and its checkpoint.
class TrainedPlayers {
 public:
  explicit TrainedPlayers(const TrainingOptions& options)
      : options_(options),
        programs_(options, kDataImages, options.channels),
        runtime_(fitted_runtime(options, programs_)) {
    std::vector<std::uint8_t> images(static_cast<std::size_t>(programs_.dataset.count()));
    for (std::size_t i = 0; i < images.size(); ++i) images[i] = static_cast<std::uint8_t>(i * 2654435761U >> 11);
    runtime_->upload(programs_.dataset, images.data());
    runtime_->run(kInitialization);
    for (int i = 0; i < 3; ++i) runtime_->run(kIteration);
    runtime_->run(kCalibration);
    path = folder_ / "step-3.safetensors";
    save_safetensors(path, checkpoint());
  }

  SafetensorsFile checkpoint() const { return make_checkpoint(programs_.players, *runtime_, to_toml(options_)); }

  /// The images that one of the run's networks makes of the seeds 1 to kImages, in inference form: another program, another
  /// batch.
  Pixels drawn_by(bool average) const {
    StorageTable table;
    const Network network((average ? *programs_.players.average : programs_.players.generator).graph(), table,
                          {.prefix = average ? "average" : "generator", .trained = false});
    const Tensor z = table.add({.name = "z", .shape = {kImages, options_.latent}});
    Builder b(table, {.name = "draw"});
    b.phase("draw");
    b.output("images", network.forward(b, z, "x", {.norm = NormMode::Inference}).output);
    std::vector<Program> programs;
    programs.push_back(b.finish());
    Runtime runtime(make_cpu_backend(1), PlannedPrograms(table, std::move(programs)));
    restore_network(checkpoint(), "the run", network, runtime);
    std::vector<float> latents;
    for (std::uint64_t seed = 1; seed <= kImages; ++seed) {
      std::vector<float> one(static_cast<std::size_t>(options_.latent));
      draw_latent(seed, 0, one);
      latents.insert(latents.end(), one.begin(), one.end());
    }
    runtime.upload(z, latents.data());
    runtime.run(0);
    const std::vector<float> values = runtime.read<float>(runtime.program(0).output("images"));
    Pixels pixels(values.size());
    std::transform(values.begin(), values.end(), pixels.begin(), to_pixel);
    return pixels;
  }

 private:
  static constexpr std::int64_t kDataImages = 24;

  TrainingOptions options_;
  TemporaryFolder folder_;
  TrainingPrograms programs_;
  std::unique_ptr<Runtime> runtime_;

 public:
  std::filesystem::path path;
};

CheckpointGenerator::Options from(const std::filesystem::path& checkpoint) {
  return {.checkpoint = checkpoint, .batch = 4, .device = "cpu", .threads = 2};
}

/// The images of these seeds, drawn `batch` at a time as the generator has it.
Pixels draw(CheckpointGenerator& generator, const std::vector<std::uint64_t>& seeds) {
  const auto length = static_cast<std::size_t>(generator.latent());
  Pixels all;
  for (std::size_t first = 0; first < seeds.size(); first += static_cast<std::size_t>(generator.batch())) {
    const std::size_t count = std::min(static_cast<std::size_t>(generator.batch()), seeds.size() - first);
    std::vector<float> latents(count * length);
    for (std::size_t i = 0; i < count; ++i)
      draw_latent(seeds[first + i], 0, std::span(latents).subspan(i * length, length));
    for (const float value : generator.draw(latents)) all.push_back(to_pixel(value));
  }
  return all;
}

std::vector<std::uint64_t> all_seeds() {
  std::vector<std::uint64_t> seeds;
  for (std::uint64_t seed = 1; seed <= kImages; ++seed) seeds.push_back(seed);
  return seeds;
}

Pixels image_of(const Pixels& images, std::size_t index) {
  const std::size_t bytes = images.size() / kImages;
  const auto first = images.begin() + static_cast<std::ptrdiff_t>(index * bytes);
  return {first, first + static_cast<std::ptrdiff_t>(bytes)};
}

TEST_CASE("the average and the raw generator draw what the run's networks draw", "[checkpoint_generator]") {
  const TrainedPlayers run(small_run());
  std::optional<Pixels> average;
  for (const bool is_average : {true, false}) {
    CheckpointGenerator::Options options = from(run.path);
    options.choice = is_average ? GeneratorChoice::Average : GeneratorChoice::Raw;
    CheckpointGenerator generator(options);
    CHECK(generator.is_average() == is_average);
    CHECK(generator.iteration() == 3);
    CHECK(generator.latent() == 10);
    CHECK(generator.image() == FeatureShape{16, 20, 3});
    const Pixels pixels = draw(generator, all_seeds());
    CHECK((pixels == run.drawn_by(is_average)));
    if (is_average) average = pixels;
    else CHECK((pixels != *average));
  }
  CheckpointGenerator automatic(from(run.path));
  CHECK(automatic.is_average());
}

TEST_CASE("an image is its seed's, whatever stands beside it", "[checkpoint_generator]") {
  for (const char* model : {"dcgan", "mlp"}) {
    INFO(model);
    TrainingOptions options = small_run();
    options.model = model;
    const TrainedPlayers run(options);
    CheckpointGenerator reference(from(run.path));
    const Pixels expected = draw(reference, all_seeds());
    // In other company and at other places of a batch.
    CheckpointGenerator generator(from(run.path));
    CHECK((draw(generator, {7}) == image_of(expected, 6)));
    const Pixels mixed = draw(generator, {3, 9, 3, 5, 1});
    Pixels wanted;
    for (const std::size_t index : {2, 8, 2, 4, 0}) {
      const Pixels image = image_of(expected, index);
      wanted.insert(wanted.end(), image.begin(), image.end());
    }
    CHECK((mixed == wanted));
    for (const std::int64_t batch : {1, 2, 3, 9, 64}) {
      INFO("batch " << batch);
      CheckpointGenerator::Options other = from(run.path);
      other.batch = batch;
      CheckpointGenerator resized(other);
      CHECK((draw(resized, all_seeds()) == expected));
    }
  }
}

// The emulated kernels add in another order: rounding may carry a value over to the next of the 255 steps.
TEST_CASE("CUDA draws the same images, to a step of a pixel", "[checkpoint_generator]") {
  const TrainedPlayers run(small_run());
  CheckpointGenerator cpu(from(run.path));
  CheckpointGenerator::Options options = from(run.path);
  options.device = "cuda";
  CheckpointGenerator cuda(options);
  const Pixels expected = draw(cpu, {1, 2, 3}), pixels = draw(cuda, {1, 2, 3});
  int off = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    REQUIRE(std::abs(int{pixels[i]} - expected[i]) <= 1);
    off += pixels[i] != expected[i];
  }
  CHECK(off < static_cast<int>(expected.size()) / 100);
}

TEST_CASE("a run without an average", "[checkpoint_generator]") {
  TrainingOptions options = small_run();
  options.ema = 0;
  const TrainedPlayers run(options);
  CheckpointGenerator generator(from(run.path));
  CHECK(!generator.is_average());
  CHECK((draw(generator, all_seeds()) == run.drawn_by(false)));
  CheckpointGenerator::Options average = from(run.path);
  average.choice = GeneratorChoice::Average;
  const std::string message = message_of<InputError>([&] { CheckpointGenerator refused(average); });
  CHECK(contains(message, "--ema yes: " + run.path.string() + " is of a run without a moving average"));
}

TEST_CASE("checkpoints that cannot be drawn from are refused with their path", "[checkpoint_generator]") {
  const TrainedPlayers run(small_run());
  const SafetensorsFile good = load_safetensors(run.path);
  const auto refusal = [&](const SafetensorsFile& file) {
    save_safetensors(run.path, file);
    const std::string message = message_of<InputError>([&] { CheckpointGenerator refused(from(run.path)); });
    CHECK(message.starts_with(run.path.string() + ": "));
    return message;
  };
  const auto with = [&](const std::string& key, const std::string& value) {
    SafetensorsFile changed = good;
    if (value.empty()) changed.metadata.erase(key);
    else changed.metadata[key] = value;
    return changed;
  };
  CHECK(contains(refusal(with("format", "")), "not a checkpoint of this program"));
  CHECK(contains(refusal(with("iteration", "x")), "metadata 'iteration' must be a whole number"));
  CHECK(contains(refusal(with("config", "")), "no metadata 'config'"));
  CHECK(contains(refusal(with("generator", "")), "no metadata 'generator'"));
  CHECK(contains(refusal(with("config", "width = \"a\"\n")), "config, line 1: width is a string"));
  CHECK(contains(refusal(with("config", "widht = 4\n")), "unknown key 'widht'; did you mean width?"));
  CHECK(contains(refusal(with("config", "width = -1\niterations = 3\n")), "--width: -1 is out of range"));
  TrainingOptions other = small_run();
  other.width = 8;
  CHECK(contains(refusal(with("config", to_toml(other))),
                 "its config builds another generator than the one it describes"));
  SafetensorsFile lacking = good;
  std::erase_if(lacking.tensors, [](const StoredTensor& tensor) { return tensor.name == "average.main.0.weight"; });
  CHECK(contains(refusal(lacking), "tensor 'average.main.0.weight' is missing"));
  SafetensorsFile infinite = good;
  for (StoredTensor& tensor : infinite.tensors)
    if (tensor.name == "average.main.1.bias")
      tensor = StoredTensor::of<float>(tensor.name, tensor.shape, std::vector<float>(tensor.bytes.size() / 4, NAN));
  save_safetensors(run.path, infinite);
  CheckpointGenerator generator(from(run.path));
  CHECK(contains(message_of<InputError>([&] { draw(generator, {1}); }), "makes values that are not finite"));
}

}  // namespace
}  // namespace gan
