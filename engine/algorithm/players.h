// What a game is played with: the two networks, their optimisers, the generator's average, and the counters.
#pragma once

#include <memory>
#include <optional>

#include "engine/network/models/models.h"
#include "engine/optimizer/optimizer.h"

namespace gan {

/// All that persists from iteration to iteration beside the data, declared in one table. The iteration number is all the
/// state there is beside weights, moments and statistics: every random draw and the walk through the data follow from it.
struct Players {
  /// What there is to declare.
  struct Options {
    ModelOptions model;
    bool average = true;  ///< keep the generator's moving average
    OptimizerOptions g_optimizer, d_optimizer;
    DType real = DType::F32;  ///< element type of all state; F64 in tests of whole schedules
  };
  /// Declares everything in `table`, which outlives the players. Throws Error for a model that is not there.
  Players(const Options& options, StorageTable& table);
  /// The same with these networks, whatever `options.model` says.
  Players(const Options& options, GeneratorAndDiscriminator networks, StorageTable& table);
  Players(const Players&) = delete;  // the optimisers refer to the networks
  Players& operator=(const Players&) = delete;

  const StorageTable& table;
  DType real;
  Network generator, discriminator;
  std::optional<Network> average;  ///< same layers as the generator
  TrainingCounters counters;
  std::unique_ptr<Optimizer> g_optimizer, d_optimizer;

  /// The generator that pictures are made with: the average where there is one.
  const Network& shown_generator() const { return average ? *average : generator; }

  /// Calls `visit(network, its optimiser or null)` for all networks.
  template <class Visit>
  void for_each_network(Visit&& visit) const {
    visit(generator, g_optimizer.get());
    visit(discriminator, d_optimizer.get());
    if (average) visit(*average, static_cast<const Optimizer*>(nullptr));
  }
};

}  // namespace gan
