#include "engine/algorithm/discriminate.h"

#include <fmt/format.h>

#include "engine/algorithm/steps.h"
#include "kernels/core/contract/error.h"

namespace gan {

Program discrimination(const Players& players, const Tensor& a, const Tensor& b, const Objective& objective,
                       const IterationOptions& o) {
  const Network& d = players.discriminator;
  Builder program = make_builder(players, "discrimination, " + objective.name(), o.seed, StreamBlock::Training);
  const auto draw_a = [&](int step, const Tensor& into) { return next_batch(program, players, a, o, step, into); };
  const auto draw_b = [&](int step, const Tensor& into) {
    return next_batch_of_second(program, players, b, o, step, into);
  };
  for (int step = 0; step < o.d_steps; ++step) {
    program.phase(fmt::format("D step {}", step + 1));
    d.normalize_weights(program);
    if (objective.name() == "wgan-gp") {
      const PenalisedBatch batch(program, d.graph().input_shape(), o.batch);
      draw_a(step, batch.real);
      draw_b(step, batch.fake);
      update_penalised_critic(program, players, objective, o, step, batch);
      continue;
    }
    const Tensor real = draw_a(step, {}), fake = draw_b(step, {});
    const auto update = objective.name() == "wgan" ? update_clipped_critic : update_discriminator;
    update(program, players, objective, o, step, real, fake);
  }
  program.phase("bookkeeping");
  advance_counters(program, players, o);
  return program.finish();
}

Program verdicts(const Players& players, const Tensor& data, std::int64_t first, std::int64_t count) {
  const Shape& shape = data.shape;
  require(shape.rank == 4 && first >= 0 && count >= 1 && first + count <= shape[0],
          "verdicts on the rows {} to {} of {}", first, first + count - 1, to_string(shape));
  // The rows one above the other are one tall image, whose index is 0: gathered in their order, without a list of indices.
  const std::int64_t height = count * shape[1];
  Builder b = make_builder(players, "verdicts", /*seed=*/0, StreamBlock::Evaluation);
  b.phase("judge");
  players.discriminator.normalize_weights(b);
  const Tensor index = b.transient("index", {1}, DType::I32);
  b.emit(SampleIndices{.iteration = players.counters.zero, .indices = index, .stream = b.next_stream(), .count = 1});
  const Tensor rows = b.transient("x", {1, height, shape[2], shape[3]});
  emit_batch(b, players, data.rows(first, count).reshaped(rows.shape), index, rows, /*flip=*/false);
  const Tensor batch = rows.reshaped({count, shape[1], shape[2], shape[3]});
  const Pass pass = players.discriminator.forward(b, batch, "D(x)", {.norm = NormMode::Inference});
  b.output("logits", pass.output.reshaped({count}));
  return b.finish();
}

}  // namespace gan
