#include "engine/algorithm/draws.h"

namespace gan {

Builder make_builder(const Players& players, std::string name, std::uint64_t seed, StreamBlock streams) {
  return Builder(players.table, {.name = std::move(name),
                                 .real = players.real,
                                 .seed = seed,
                                 .first_stream = static_cast<std::uint32_t>(streams)});
}

Tensor next_batch(Builder& b, const Players& players, const Tensor& dataset, const IterationOptions& options,
                  int step) {
  const Shape& data = dataset.shape;
  const Tensor indices = b.transient("indices", {options.batch}, DType::I32);
  b.emit(
      SampleIndices{.iteration = players.counters.iteration,
                    .indices = indices,
                    .stream = {.seed = options.seed, .stream = static_cast<std::uint32_t>(StreamBlock::Training) - 1},
                    .count = data[0],
                    .batches_per_iteration = static_cast<std::uint32_t>(options.d_steps),
                    .batch_index = static_cast<std::uint32_t>(step)});
  const Tensor real = b.transient("x", {options.batch, data[1], data[2], data[3]});
  b.emit(AssembleBatch{.iteration = players.counters.iteration,
                       .data = dataset,
                       .indices = indices,
                       .y = real,
                       .stream = b.next_stream(),
                       .flip = options.flip});
  return real;
}

Tensor latents(Builder& b, const Players& players, const Tensor& counter, std::int64_t batch) {
  const Tensor z = b.transient("z", {batch, players.generator.graph().input_shape().channels});
  b.emit(RandomNormal{.iteration = counter, .y = z, .stream = b.next_stream()});
  return z;
}

}  // namespace gan
