#include "engine/sample/checkpoint_generator.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/run/checkpoint.h"
#include "engine/run/training_programs.h"
#include "engine/settings/config.h"
#include "engine/settings/training_settings.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr const char *kAverage = "average", *kRaw = "generator";

SafetensorsFile load_generators(const std::filesystem::path& path) {
  return load_safetensors(path, [](std::string_view name) {
    return name.starts_with(std::string(kAverage) + ".") || name.starts_with(std::string(kRaw) + ".");
  });
}

const std::string& metadata_of(const SafetensorsFile& file, const std::string& key, const std::string& path) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end())
    throw InputError(
        fmt::format("{}: the checkpoint has no metadata '{}', which its networks are rebuilt from", path, key));
  return found->second;
}

TrainingOptions run_options(const SafetensorsFile& file, const std::string& path) {
  TrainingOptions options;
  apply_toml_text(metadata_of(file, "config", path), path + ": config", options);
  try {
    check_options(options);
  } catch (const InputError& error) { throw InputError(fmt::format("{}: config: {}", path, error.what())); }
  return options;
}

/// The generator that the config builds, which must be the one described.
NetworkGraph generator_graph(const SafetensorsFile& file, const TrainingOptions& o, const std::string& path) {
  if (image_shape(o, o.channels).channels == 0)
    throw InputError(fmt::format("{}: config: channels is 0; accepted are 1 and 3", path));
  NetworkGraph graph = make_model(model_options(o, o.channels)).generator;
  if (describe(graph).dump() != metadata_of(file, "generator", path))
    throw InputError(fmt::format(
        "{}: its config builds another generator than the one it describes: written by another version?", path));
  return graph;
}

std::string prefix_of(GeneratorChoice choice, const TrainingOptions& o, const std::string& path) {
  const bool has_average = o.ema > 0;
  if (choice == GeneratorChoice::Average && !has_average)
    throw InputError(
        fmt::format("--ema yes: {} is of a run without a moving average (--ema 0); accepted are no and auto", path));
  return has_average && choice != GeneratorChoice::Raw ? kAverage : kRaw;
}

std::unique_ptr<Runtime> runtime_for(const CheckpointGenerator::Options& o, PlannedPrograms planned) {
  try {
    return std::make_unique<Runtime>(open_device(o.device, o.threads), std::move(planned));
  } catch (const MachineError& error) {
    if (o.batch == 1) throw;
    throw MachineError(fmt::format("{}; a smaller --batch than {} needs less memory", error.what(), o.batch));
  }
}

}  // namespace

CheckpointGenerator::CheckpointGenerator(const Options& o) : path_(o.checkpoint.string()) {
  const SafetensorsFile file = load_generators(o.checkpoint);
  iteration_ = checkpoint_iteration(file, path_);
  const TrainingOptions run = run_options(file, path_);
  data_ = run.data;
  data_seed_ = run.seed;
  network_ = std::make_unique<Network>(generator_graph(file, run, path_), table_,
                                       Network::Options{.prefix = prefix_of(o.choice, run, path_), .trained = false});
  latents_ = table_.add({.name = "z", .shape = {o.batch, latent()}});
  Builder b(table_, {.name = "sampling"});
  b.phase("sample");
  b.output("images", network_->forward(b, latents_, "G(z)", {.norm = NormMode::Inference}).output);
  std::vector<Program> programs;
  programs.push_back(b.finish());
  runtime_ = runtime_for(o, PlannedPrograms(table_, std::move(programs)));
  restore_network(file, path_, *network_, *runtime_);
}

std::vector<float> CheckpointGenerator::draw(std::span<const float> latents) {
  const std::size_t count = latents.size() / static_cast<std::size_t>(latent());
  require(count >= 1 && count <= static_cast<std::size_t>(batch()) &&
              latents.size() == count * static_cast<std::size_t>(latent()),
          "{} latent numbers for up to {} images", latents.size(), batch());
  const auto rows = static_cast<std::int64_t>(count);
  runtime_->upload(latents_.rows(0, rows), latents.data());
  runtime_->run(0);  // the rows behind still have the latents of an earlier batch
  std::vector<float> values = runtime_->read<float>(runtime_->program(0).output("images").rows(0, rows));
  if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
    throw InputError(fmt::format("{}: its generator makes values that are not finite", path_));
  return values;
}

}  // namespace gan
