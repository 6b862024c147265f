#include <fmt/format.h>

#include "engine/algorithm/steps.h"

namespace gan {

namespace {

/// gamma / 2 E[|grad D|^2], as a penalty weight E[(|grad D| - 0)^2].
GradientPenaltyOptions zero_centred(float gamma) { return {.weight = gamma / 2, .target = 0}; }

}  // namespace

void update_discriminator(Builder& b, const Players& players, const Objective& objective, const IterationOptions& o,
                          int step, const Tensor& real, const Tensor& fake) {
  const Network& d = players.discriminator;
  const Judged judged = judge(b, d, objective, real, fake);
  if (o.r1 > 0) penalise_gradient(b, d, judged.real, zero_centred(o.r1), kRealPenalty);
  if (o.r2 > 0) penalise_gradient(b, d, judged.fake, zero_centred(o.r2), kFakePenalty);
  d.finish_gradients(b);
  players.d_optimizer->update(b, players.counters, update_number(players, o, step));
}

Program gan_iteration(const Players& players, const Tensor& dataset, const Objective& objective,
                      const IterationOptions& o) {
  const Network &g = players.generator, &d = players.discriminator;
  Builder b = make_builder(players, "gan iteration, " + objective.name(), o.seed, StreamBlock::Training);
  objective.declare_readings(b);
  if (o.r1 > 0) declare_readings(b, kRealPenalty);
  if (o.r2 > 0) declare_readings(b, kFakePenalty);

  // for k steps: ascend D's stochastic gradient of  log D(x) + log(1 - D(G(z))), or what the objective has in its place
  Pass made;
  for (int step = 0; step < o.d_steps; ++step) {
    b.phase(fmt::format("D step {}", step + 1));
    d.normalize_weights(b);
    const Tensor real = next_batch(b, players, dataset, o, step);
    made = g.forward(b, latents(b, players, players.counters.iteration, o.batch), "G(z)");
    update_discriminator(b, players, objective, o, step, real, made.output);
  }

  // then: descend G's stochastic gradient, through a D that stays as it is
  generator_step(b, players, dataset, objective, o, made);
  bookkeeping(b, players, o);
  return b.finish();
}

}  // namespace gan
