#include "engine/algorithm/draws.h"

namespace gan {

Builder make_builder(const Players& players, std::string name, std::uint64_t seed, StreamBlock streams) {
  return Builder(players.table, {.name = std::move(name),
                                 .real = players.real,
                                 .seed = seed,
                                 .first_stream = static_cast<std::uint32_t>(streams)});
}

namespace {

/// A walk through the data, and which of its batches in an iteration is meant.
struct Walk {
  std::uint32_t stream;
  int batches_per_iteration, batch;
};

Tensor draw_batch(Builder& b, const Players& players, const Tensor& dataset, const IterationOptions& options,
                  const Walk& walk) {
  const Shape& data = dataset.shape;
  const Tensor indices = b.transient("indices", {options.batch}, DType::I32);
  b.emit(SampleIndices{.iteration = players.counters.iteration,
                       .indices = indices,
                       .stream = {.seed = options.seed, .stream = walk.stream},
                       .count = data[0],
                       .batches_per_iteration = static_cast<std::uint32_t>(walk.batches_per_iteration),
                       .batch_index = static_cast<std::uint32_t>(walk.batch)});
  const Tensor real = b.transient("x", {options.batch, data[1], data[2], data[3]});
  b.emit(AssembleBatch{.iteration = players.counters.iteration,
                       .data = dataset,
                       .indices = indices,
                       .y = real,
                       .stream = b.next_stream(),
                       .flip = options.flip});
  return real;
}

constexpr std::uint32_t kWalkOfD = static_cast<std::uint32_t>(StreamBlock::Training) - 1, kWalkOfG = kWalkOfD - 1;

}  // namespace

Tensor next_batch(Builder& b, const Players& players, const Tensor& dataset, const IterationOptions& options,
                  int step) {
  return draw_batch(b, players, dataset, options,
                    {.stream = kWalkOfD, .batches_per_iteration = options.d_steps, .batch = step});
}

Tensor next_batch_for_generator(Builder& b, const Players& players, const Tensor& dataset,
                                const IterationOptions& options) {
  return draw_batch(b, players, dataset, options, {.stream = kWalkOfG, .batches_per_iteration = 1, .batch = 0});
}

Tensor latents(Builder& b, const Players& players, const Tensor& counter, std::int64_t batch) {
  const Tensor z = b.transient("z", {batch, players.generator.graph().input_shape().channels});
  b.emit(RandomNormal{.iteration = counter, .y = z, .stream = b.next_stream()});
  return z;
}

}  // namespace gan
