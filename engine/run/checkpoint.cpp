#include "engine/run/checkpoint.h"

#include <array>
#include <nlohmann/json.hpp>

#include "engine/network/file_layout.h"
#include "engine/network/graph.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr const char* kFormat = "gan_cuda checkpoint 1";

/// Calls `visit(file name, device view, layout)` for everything a network and its optimiser (or null) keep.
template <class Visit>
void for_each_tensor(const Network& network, const Optimizer* optimizer, Visit&& visit) {
  for (std::size_t i = 0; i < network.parameters().size(); ++i) {
    const Parameter& p = network.parameters()[i];
    visit(network.prefix() + "." + p.name, p.value, p.layout);
    if (optimizer == nullptr) continue;
    for (const Optimizer::State& state : optimizer->states())
      visit("optimizer." + network.prefix() + "." + p.name + "." + state.name, network.view_of(state.slab, i),
            p.layout);
  }
  for (const Parameter& s : network.statistics()) visit(network.prefix() + "." + s.name, s.value, s.layout);
}

std::string text_of(const std::vector<std::int64_t>& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

void restore_parameter(const SafetensorsFile& file, const std::string& path, const std::string& name,
                       const Tensor& view, const FileLayout& layout, Runtime& runtime) {
  const StoredTensor* stored = file.find(name);
  if (!stored) throw InputError(fmt::format("{}: tensor '{}' is missing: a checkpoint of another model?", path, name));
  if (stored->dtype != "F32")
    throw InputError(fmt::format("{}: tensor '{}' is {}, must be F32", path, name, stored->dtype));
  if (stored->shape != layout.file_shape)
    throw InputError(
        fmt::format("{}: tensor '{}' has shape {}, this model's has {}: a checkpoint of another architecture", path,
                    name, text_of(stored->shape), text_of(layout.file_shape)));
  runtime.upload(view, to_memory_order(stored->values<float>(), layout).data());
}

void restore_with_optimizer(const SafetensorsFile& file, const std::string& path, const Network& network,
                            const Optimizer* optimizer, Runtime& runtime) {
  for_each_tensor(network, optimizer, [&](const std::string& name, const Tensor& view, const FileLayout& layout) {
    restore_parameter(file, path, name, view, layout, runtime);
  });
}

}  // namespace

StoredTensor store_parameter(const std::string& name, const Tensor& view, const FileLayout& layout, Runtime& runtime) {
  return StoredTensor::of<float>(name, layout.file_shape, to_file_order(runtime.read<float>(view), layout));
}

SafetensorsFile make_checkpoint(const Players& players, Runtime& runtime, const std::string& config) {
  SafetensorsFile file;
  std::uint64_t iteration = 0;
  runtime.download(players.counters.iteration, &iteration);
  players.for_each_network([&](const Network& network, const Optimizer* optimizer) {
    for_each_tensor(network, optimizer, [&](const std::string& name, const Tensor& view, const FileLayout& layout) {
      file.tensors.push_back(store_parameter(name, view, layout, runtime));
    });
    for (const Node& node : network.graph().nodes()) {
      if (!node.layer->mixes_batch()) continue;
      const std::array<std::int64_t, 1> batches = {static_cast<std::int64_t>(iteration)};
      file.tensors.push_back(StoredTensor::of<std::int64_t>(
          fmt::format("{}.{}.num_batches_tracked", network.prefix(), node.name), {}, batches));
    }
  });
  file.metadata = {{"format", kFormat},
                   {"iteration", std::to_string(iteration)},
                   {"config", config},
                   {"generator", describe(players.generator.graph()).dump()},
                   {"discriminator", describe(players.discriminator.graph()).dump()}};
  return file;
}

std::int64_t checkpoint_iteration(const SafetensorsFile& file, const std::string& path) {
  const auto format = file.metadata.find("format");
  if (format == file.metadata.end() || format->second != kFormat)
    throw InputError(
        fmt::format("{}: not a checkpoint of this program (metadata 'format' must be '{}')", path, kFormat));
  const auto written = file.metadata.find("iteration");
  if (written == file.metadata.end() || written->second.empty() || written->second.size() > 18 ||
      written->second.find_first_not_of("0123456789") != std::string::npos)
    throw InputError(fmt::format("{}: metadata 'iteration' must be a whole number", path));
  return std::stoll(written->second);
}

void restore_network(const SafetensorsFile& file, const std::string& path, const Network& network, Runtime& runtime) {
  restore_with_optimizer(file, path, network, nullptr, runtime);
}

std::int64_t restore_checkpoint(const SafetensorsFile& file, const std::string& path, const Players& players,
                                Runtime& runtime) {
  const std::int64_t iteration = checkpoint_iteration(file, path);
  players.for_each_network([&](const Network& network, const Optimizer* optimizer) {
    restore_with_optimizer(file, path, network, optimizer, runtime);
  });
  runtime.upload(players.counters.iteration, &iteration);
  return iteration;
}

}  // namespace gan
