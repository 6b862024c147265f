// The programs around training: initialisation, sampling, calibration.
#include <fmt/format.h>

#include "engine/algorithm/draws.h"

namespace gan {

Program initialization(const Players& players, std::uint64_t seed) {
  Builder b = make_builder(players, "initialization", seed, StreamBlock::Initialization);
  b.phase("initialize");
  players.generator.initialize(b, players.counters.zero);
  players.discriminator.initialize(b, players.counters.zero);
  if (players.average) {
    b.emit(Copy{.x = players.generator.parameter_slab(), .y = players.average->parameter_slab()});
    if (players.average->statistics_slab().present())
      b.emit(Copy{.x = players.generator.statistics_slab(), .y = players.average->statistics_slab()});
  }
  return b.finish();
}

Program sampling(const Players& players, std::int64_t count, std::uint64_t seed) {
  Builder b = make_builder(players, "sampling", seed, StreamBlock::Sampling);
  b.phase("sample");
  const Tensor z = latents(b, players, players.counters.zero, count);
  const Tensor images = players.shown_generator().forward(b, z, "G(z)", {.norm = NormMode::Frozen}).output;
  b.output("latents", z);
  b.output("images", images);
  return b.finish();
}

Program calibration(const Players& players, std::int64_t batch, std::uint64_t seed) {
  Builder b = make_builder(players, "calibration", seed, StreamBlock::Calibration);
  if (!players.average) return b.finish();
  b.phase("calibrate");
  for (int i = 1; i <= calibration_batches(batch); ++i)
    players.average->forward(b, latents(b, players, players.counters.zero, batch), fmt::format("G(z) {}", i),
                             {.norm = NormMode::Calibrate, .calibration_batch = i});
  return b.finish();
}

}  // namespace gan
