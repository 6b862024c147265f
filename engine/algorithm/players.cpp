#include "engine/algorithm/players.h"

namespace gan {

namespace {

Tensor declare_counter(StorageTable& table, const char* name) {
  return table.add({.name = name, .shape = {}, .dtype = DType::U64});
}

Network declare_player(NetworkGraph graph, StorageTable& table, const Players::Options& options) {
  const std::string prefix = graph.name();
  return Network(std::move(graph), table, {.prefix = prefix, .trained = true, .real = options.real});
}

}  // namespace

Players::Players(const Options& options, StorageTable& storages)
    : Players(options, make_model(options.model), storages) {}

Players::Players(const Options& options, GeneratorAndDiscriminator networks, StorageTable& storages)
    : table(storages),
      real(options.real),
      generator(declare_player(std::move(networks.generator), storages, options)),
      discriminator(declare_player(std::move(networks.discriminator), storages, options)),
      counters{.iteration = declare_counter(storages, "iteration"),
               .discriminator_updates = declare_counter(storages, "discriminator_updates"),
               .fault = declare_counter(storages, "fault"),
               .zero = declare_counter(storages, "zero")},
      g_optimizer(make_optimizer(generator, storages, options.g_optimizer)),
      d_optimizer(make_optimizer(discriminator, storages, options.d_optimizer)) {
  if (options.average)
    average.emplace(generator.graph(), storages,
                    Network::Options{.prefix = "average", .trained = false, .real = options.real});
}

}  // namespace gan
