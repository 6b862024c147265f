#include "engine/algorithm/draws.h"

namespace gan {

Builder make_builder(const Players& players, std::string name, std::uint64_t seed, StreamBlock streams) {
  return Builder(players.table, {.name = std::move(name),
                                 .real = players.real,
                                 .seed = seed,
                                 .first_stream = static_cast<std::uint32_t>(streams)});
}

void emit_batch(Builder& b, const Players& players, const Tensor& dataset, const Tensor& indices, const Tensor& into,
                bool flip) {
  if (dataset.dtype != DType::U8) {
    b.emit(GatherRows{.data = dataset, .indices = indices, .y = into});
    return;
  }
  b.emit(AssembleBatch{.iteration = players.counters.iteration,
                       .data = dataset,
                       .indices = indices,
                       .y = into,
                       .stream = b.next_stream(),
                       .flip = flip});
}

namespace {

/// The streams that order the data set: numbers below the program's own draws.
constexpr std::uint32_t kOrderForDiscriminator = static_cast<std::uint32_t>(StreamBlock::Training) - 1,
                        kOrderForGenerator = kOrderForDiscriminator - 1, kOrderOfSecond = kOrderForGenerator - 1;

Tensor gather(Builder& b, const Players& players, const Tensor& dataset, const IterationOptions& options,
              SampleIndices walk, const Tensor& into) {
  const Shape& data = dataset.shape;
  walk.iteration = players.counters.iteration;
  walk.indices = b.transient("indices", {options.batch}, DType::I32);
  walk.count = data[0];
  b.emit(walk);
  const Tensor real = into.present() ? into : b.transient("x", {options.batch, data[1], data[2], data[3]});
  emit_batch(b, players, dataset, walk.indices, real, options.flip);
  return real;
}

/// The walk of the D step `step` in the order `stream`.
SampleIndices walk_of(const Players& players, const IterationOptions& options, int step, std::uint32_t stream) {
  return {.batches = options.d_steps_vary ? players.counters.discriminator_updates : Tensor{},
          .stream = {.seed = options.seed, .stream = stream},
          .batches_per_iteration = static_cast<std::uint32_t>(options.d_steps),
          .batch_index = static_cast<std::uint32_t>(step)};
}

}  // namespace

Tensor next_batch(Builder& b, const Players& players, const Tensor& dataset, const IterationOptions& options, int step,
                  const Tensor& into) {
  return gather(b, players, dataset, options, walk_of(players, options, step, kOrderForDiscriminator), into);
}

Tensor next_batch_of_second(Builder& b, const Players& players, const Tensor& second, const IterationOptions& options,
                            int step, const Tensor& into) {
  return gather(b, players, second, options, walk_of(players, options, step, kOrderOfSecond), into);
}

Tensor batch_for_generator(Builder& b, const Players& players, const Tensor& dataset, const IterationOptions& options) {
  return gather(b, players, dataset, options, {.stream = {.seed = options.seed, .stream = kOrderForGenerator}}, {});
}

Tensor latents(Builder& b, const Players& players, const Tensor& counter, std::int64_t batch) {
  const Tensor z = b.transient("z", {batch, players.generator.graph().input_shape().channels});
  b.emit(RandomNormal{.iteration = counter, .y = z, .stream = b.next_stream()});
  return z;
}

}  // namespace gan
