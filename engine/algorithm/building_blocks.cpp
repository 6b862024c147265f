#include "engine/algorithm/building_blocks.h"

namespace gan {

Tensor next_batch(Builder& b, const Model& model, const IterationOptions& options, int step) {
  const Shape& data = model.dataset.shape;
  const Tensor indices = b.transient("indices", {options.batch}, DType::I32);
  b.emit(
      SampleIndices{.iteration = model.iteration,
                    .indices = indices,
                    .stream = {.seed = options.seed, .stream = static_cast<std::uint32_t>(StreamBlock::Training) - 1},
                    .count = data[0],
                    .batches_per_iteration = static_cast<std::uint32_t>(options.d_steps),
                    .batch_index = static_cast<std::uint32_t>(step)});
  const Tensor real = b.transient("x", {options.batch, data[1], data[2], data[3]});
  b.emit(AssembleBatch{.iteration = model.iteration,
                       .data = model.dataset,
                       .indices = indices,
                       .y = real,
                       .stream = b.next_stream(),
                       .flip = options.flip});
  return real;
}

Tensor latents(Builder& b, const Model& model, const Tensor& counter, std::int64_t batch) {
  const Tensor z = b.transient("z", {batch, model.generator.spec().input.channels});
  b.emit(RandomNormal{.iteration = counter, .y = z, .stream = b.next_stream()});
  return z;
}

void adam_step(Builder& b, const Model& model, const Network& network, const AdamOptions& options, int per_iteration,
               int index) {
  b.emit(FiniteCheck{.iteration = model.iteration, .x = network.gradient_slab(), .fault = model.fault});
  b.emit(Adam{.iteration = model.iteration,
              .fault = model.fault,
              .gradient = network.gradient_slab(),
              .parameter = network.parameter_slab(),
              .m = network.adam_m(),
              .v = network.adam_v(),
              .learning_rate = options.learning_rate,
              .beta1 = options.beta1,
              .beta2 = options.beta2,
              .weight_decay = options.weight_decay,
              .updates_per_iteration = static_cast<std::uint32_t>(per_iteration),
              .update_index = static_cast<std::uint32_t>(index)});
}

}  // namespace gan
