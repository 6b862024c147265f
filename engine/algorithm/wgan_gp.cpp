#include <fmt/format.h>

#include "engine/algorithm/gradient_penalty.h"
#include "engine/algorithm/steps.h"

namespace gan {

namespace {

/// x^ = t x + (1 - t) G(z), t ~ U[0, 1) for every image.
Tensor between(Builder& b, const Players& players, const Tensor& real, const Tensor& fake) {
  const Tensor t = b.transient("t", {real.shape[0]}), mixed = b.transient("x^", real.shape);
  b.emit(RandomUniform{.iteration = players.counters.iteration, .y = t, .stream = b.next_stream()});
  b.emit(Interpolate{.t = t, .a = real, .b = fake.reshaped(real.shape), .y = mixed});
  return mixed;
}

}  // namespace

Program wgan_gp_iteration(const Players& players, const Tensor& dataset, const Objective& objective,
                          const IterationOptions& o) {
  const Network &g = players.generator, &d = players.discriminator;
  const TrainingCounters& counters = players.counters;
  Builder b = make_builder(players, "wgan-gp iteration", o.seed, StreamBlock::Training);
  objective.declare_readings(b);

  for (int step = 0; step < o.d_steps; ++step) {
    b.phase(fmt::format("D step {}", step + 1));
    const Tensor real = next_batch(b, players, dataset, o, step);
    const Tensor z = latents(b, players, counters.iteration, o.batch);
    const Tensor fake = g.forward(b, z, "G(z)").output;
    judge(b, d, objective, real, fake);                                   // descend  E[D(G(z))] - E[D(x)]
    penalise_gradient(b, d, between(b, players, real, fake), o.penalty);  //   + lambda E[(|grad D(x^)| - 1)^2]
    players.d_optimizer->update(b, counters, {.per_iteration = o.d_steps, .index = step});
  }

  generator_step(b, players, dataset, objective, o);  // descend  -E[D(G(z))]
  bookkeeping(b, players, o);
  return b.finish();
}

}  // namespace gan
