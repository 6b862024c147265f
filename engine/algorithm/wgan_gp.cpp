#include <fmt/format.h>

#include "engine/algorithm/steps.h"

namespace gan {

namespace {

/// x^ = t x + (1 - t) G(z), t ~ U[0, 1) for every image.
void interpolate(Builder& b, const Players& players, const Tensor& real, const Tensor& fake, const Tensor& between) {
  const Tensor t = b.transient("t", {real.shape[0]});
  b.emit(RandomUniform{.iteration = players.counters.iteration, .y = t, .stream = b.next_stream()});
  b.emit(Interpolate{.t = t, .a = real, .b = fake, .y = between});
}

}  // namespace

Program wgan_gp_iteration(const Players& players, const Tensor& dataset, const Objective& objective,
                          const IterationOptions& o) {
  const Network &g = players.generator, &d = players.discriminator;
  const TrainingCounters& counters = players.counters;
  Builder b = make_builder(players, "wgan-gp iteration", o.seed, StreamBlock::Training);
  objective.declare_readings(b);

  Pass made;
  for (int step = 0; step < o.d_steps; ++step) {
    b.phase(fmt::format("D step {}", step + 1));
    d.normalize_weights(b);
    const Tensor images = b.transient("x, G(z), x^", g.graph().output_shape().batch(3 * o.batch));
    const Tensor real = images.rows(0, o.batch), fake = images.rows(o.batch, o.batch),
                 between = images.rows(2 * o.batch, o.batch);
    next_batch(b, players, dataset, o, step, real);
    made = g.forward(b, latents(b, players, counters.iteration, o.batch), "G(z)", {.output = fake});
    interpolate(b, players, real, fake, between);
    judge_with_penalty(b, d, objective, images, o.penalty);  // E[D(G(z))] - E[D(x)] + lambda E[(|grad D(x^)| - 1)^2]
    d.finish_gradients(b);
    players.d_optimizer->update(b, counters, update_number(players, o, step));
  }

  generator_step(b, players, dataset, objective, o, made);  // descend  -E[D(G(z))]
  bookkeeping(b, players, o);
  return b.finish();
}

}  // namespace gan
