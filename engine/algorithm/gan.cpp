#include <fmt/format.h>

#include "engine/algorithm/draws.h"

namespace gan {

namespace {

/// Emits D's gradients on a batch of real and of generated images.
void judge(Builder& b, const Network& d, const Objective& objective, const Tensor& real, const Tensor& fake) {
  const Pass on_real = d.forward(b, real, "D(x)");
  if (!objective.is_paired()) {  // one after the other: less is alive at once
    d.backward(b, on_real, objective.d_loss(b, {.real = on_real.output}).real, ParamGrad::Overwrite,
               /*input_gradient=*/false);
    const Pass on_fake = d.forward(b, fake, "D(G(z))");
    d.backward(b, on_fake, objective.d_loss(b, {.fake = on_fake.output}).fake, ParamGrad::Accumulate,
               /*input_gradient=*/false);
    return;
  }
  const Pass on_fake = d.forward(b, fake, "D(G(z))");
  const Logits gradients = objective.d_loss(b, {.real = on_real.output, .fake = on_fake.output});
  d.backward(b, on_real, gradients.real, ParamGrad::Overwrite, /*input_gradient=*/false);
  d.backward(b, on_fake, gradients.fake, ParamGrad::Accumulate, /*input_gradient=*/false);
}

}  // namespace

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
  b.phase("G step");
  const Tensor z = latents(b, players, counters.iteration, o.batch);
  const Pass made = g.forward(b, z, "G(z)");
  const Pass judged = d.forward(b, made.output, "D(G(z))");
  const Tensor dlogits = objective.g_loss(b, {.fake = judged.output});
  const Tensor dimages = d.backward(b, judged, dlogits, ParamGrad::Skip, /*input_gradient=*/true);
  g.backward(b, made, dimages, ParamGrad::Overwrite, /*input_gradient=*/false);
  players.g_optimizer->update(b, counters, {});

  b.phase("bookkeeping");
  if (players.average)
    b.emit(ExponentialMovingAverage{.iteration = counters.iteration,
                                    .source = g.parameter_slab(),
                                    .average = players.average->parameter_slab(),
                                    .decay = o.ema_decay});
  b.emit(AdvanceCounter{.counter = counters.iteration});
  return b.finish();
}

}  // namespace gan
