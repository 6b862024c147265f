#include <fmt/format.h>

#include "engine/algorithm/steps.h"

namespace gan {

Program wgan_iteration(const Players& players, const Tensor& dataset, const Objective& objective,
                       const IterationOptions& o) {
  const Network &g = players.generator, &f = players.discriminator;
  const TrainingCounters& counters = players.counters;
  Builder b = make_builder(players, "wgan iteration", o.seed, StreamBlock::Training);
  objective.declare_readings(b);

  Pass made;
  for (int step = 0; step < o.d_steps; ++step) {
    b.phase(fmt::format("D step {}", step + 1));
    f.normalize_weights(b);
    const Tensor real = next_batch(b, players, dataset, o, step);
    made = g.forward(b, latents(b, players, counters.iteration, o.batch), "G(z)");
    judge(b, f, objective, real, made.output);  // descend  E[f(G(z))] - E[f(x)]
    f.finish_gradients(b);
    players.d_optimizer->update(b, counters, update_number(players, o, step));
    b.emit(Clip{.fault = counters.fault, .parameter = f.parameter_slab(), .limit = o.weight_clip});
  }

  generator_step(b, players, dataset, objective, o, made);  // descend  -E[f(G(z))]
  bookkeeping(b, players, o);
  return b.finish();
}

}  // namespace gan
