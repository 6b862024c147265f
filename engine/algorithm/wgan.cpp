#include <fmt/format.h>

#include "engine/algorithm/steps.h"

namespace gan {

Program wgan_iteration(const Players& players, const Tensor& dataset, const Objective& objective,
                       const IterationOptions& o) {
  const Network &g = players.generator, &f = players.discriminator;
  const TrainingCounters& counters = players.counters;
  Builder b = make_builder(players, "wgan iteration", o.seed, StreamBlock::Training);
  objective.declare_readings(b);

  for (int step = 0; step < o.d_steps; ++step) {
    b.phase(fmt::format("D step {}", step + 1));
    const Tensor real = next_batch(b, players, dataset, o, step);
    const Tensor z = latents(b, players, counters.iteration, o.batch);
    const Tensor fake = g.forward(b, z, "G(z)").output;
    judge(b, f, objective, real, fake);  // descend  E[f(G(z))] - E[f(x)]
    players.d_optimizer->update(b, counters, {.per_iteration = o.d_steps, .index = step});
    b.emit(Clip{.fault = counters.fault, .parameter = f.parameter_slab(), .limit = o.weight_clip});
  }

  generator_step(b, players, dataset, objective, o);  // descend  -E[f(G(z))]
  bookkeeping(b, players, o);
  return b.finish();
}

}  // namespace gan
