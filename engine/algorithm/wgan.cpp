#include <fmt/format.h>

#include "engine/algorithm/steps.h"

namespace gan {

void update_clipped_critic(Builder& b, const Players& players, const Objective& objective, const IterationOptions& o,
                           int step, const Tensor& real, const Tensor& fake) {
  const Network& f = players.discriminator;
  judge(b, f, objective, real, fake);  // descend  E[f(G(z))] - E[f(x)]
  f.finish_gradients(b);
  players.d_optimizer->update(b, players.counters, update_number(players, o, step));
  b.emit(Clip{.fault = players.counters.fault, .parameter = f.parameter_slab(), .limit = o.weight_clip});
}

Program wgan_iteration(const Players& players, const Tensor& dataset, const Objective& objective,
                       const IterationOptions& o) {
  const Network &g = players.generator, &f = players.discriminator;
  Builder b = make_builder(players, "wgan iteration", o.seed, StreamBlock::Training);
  objective.declare_readings(b);

  Pass made;
  for (int step = 0; step < o.d_steps; ++step) {
    b.phase(fmt::format("D step {}", step + 1));
    f.normalize_weights(b);
    const Tensor real = next_batch(b, players, dataset, o, step);
    made = g.forward(b, latents(b, players, players.counters.iteration, o.batch), "G(z)");
    update_clipped_critic(b, players, objective, o, step, real, made.output);
  }

  generator_step(b, players, dataset, objective, o, made);  // descend  -E[f(G(z))]
  bookkeeping(b, players, o);
  return b.finish();
}

}  // namespace gan
