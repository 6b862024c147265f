#include <fmt/format.h>

#include "engine/algorithm/steps.h"

namespace gan {

namespace {

/// Emits x^ = t x + (1 - t) G(z), t ~ U[0, 1) for every image.
void interpolate(Builder& b, const Players& players, const Tensor& real, const Tensor& fake, const Tensor& between) {
  const Tensor t = b.transient("t", {real.shape[0]});
  b.emit(RandomUniform{.iteration = players.counters.iteration, .y = t, .stream = b.next_stream()});
  b.emit(Interpolate{.t = t, .a = real, .b = fake, .y = between});
}

}  // namespace

PenalisedBatch::PenalisedBatch(Builder& b, const FeatureShape& image, std::int64_t n)
    : images(b.transient("x, G(z), x^", image.batch(3 * n))),
      real(images.rows(0, n)),
      fake(images.rows(n, n)),
      between(images.rows(2 * n, n)) {}

void update_penalised_critic(Builder& b, const Players& players, const Objective& objective, const IterationOptions& o,
                             int step, const PenalisedBatch& batch) {
  const Network& d = players.discriminator;
  interpolate(b, players, batch.real, batch.fake, batch.between);
  judge_with_penalty(b, d, objective, batch.images,
                     o.penalty);  // E[D(G(z))] - E[D(x)] + lambda E[(|grad D(x^)| - 1)^2]
  d.finish_gradients(b);
  players.d_optimizer->update(b, players.counters, update_number(players, o, step));
}

Program wgan_gp_iteration(const Players& players, const Tensor& dataset, const Objective& objective,
                          const IterationOptions& o) {
  const Network &g = players.generator, &d = players.discriminator;
  Builder b = make_builder(players, "wgan-gp iteration", o.seed, StreamBlock::Training);
  objective.declare_readings(b);

  Pass made;
  for (int step = 0; step < o.d_steps; ++step) {
    b.phase(fmt::format("D step {}", step + 1));
    d.normalize_weights(b);
    const PenalisedBatch batch(b, g.graph().output_shape(), o.batch);
    next_batch(b, players, dataset, o, step, batch.real);
    made = g.forward(b, latents(b, players, players.counters.iteration, o.batch), "G(z)", {.output = batch.fake});
    update_penalised_critic(b, players, objective, o, step, batch);
  }

  generator_step(b, players, dataset, objective, o, made);  // descend  -E[D(G(z))]
  bookkeeping(b, players, o);
  return b.finish();
}

}  // namespace gan
