#include <fmt/format.h>

#include "engine/algorithm/steps.h"

namespace gan {

Program gan_iteration(const Players& players, const Tensor& dataset, const Objective& objective,
                      const IterationOptions& o) {
  const Network &g = players.generator, &d = players.discriminator;
  const TrainingCounters& counters = players.counters;
  Builder b = make_builder(players, "gan iteration, " + objective.name(), o.seed, StreamBlock::Training);
  objective.declare_readings(b);

  // for k steps: ascend D's stochastic gradient of  log D(x) + log(1 - D(G(z)))
  for (int step = 0; step < o.d_steps; ++step) {
    b.phase(fmt::format("D step {}", step + 1));
    const Tensor real = next_batch(b, players, dataset, o, step);
    const Tensor z = latents(b, players, counters.iteration, o.batch);
    const Tensor fake = g.forward(b, z, "G(z)").output;
    judge(b, d, objective, real, fake);
    players.d_optimizer->update(b, counters, {.per_iteration = o.d_steps, .index = step});
  }

  // then: descend G's stochastic gradient, through a D that stays as it is
  generator_step(b, players, dataset, objective, o);
  bookkeeping(b, players, o);
  return b.finish();
}

}  // namespace gan
