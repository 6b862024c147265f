#include "engine/algorithm/steps.h"

namespace gan {

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

void generator_step(Builder& b, const Players& players, const Tensor& dataset, const Objective& objective,
                    const IterationOptions& options) {
  const Network &g = players.generator, &d = players.discriminator;
  b.phase("G step");
  Tensor on_real;  // D's verdict on real images does not depend on G: no gradient flows back from it
  if (objective.is_paired())
    on_real = d.forward(b, next_batch_for_generator(b, players, dataset, options), "D(x)").output;
  const Tensor z = latents(b, players, players.counters.iteration, options.batch);
  const Pass made = g.forward(b, z, "G(z)");
  const Pass judged = d.forward(b, made.output, "D(G(z))");
  const Tensor dlogits = objective.g_loss(b, {.real = on_real, .fake = judged.output});
  const Tensor dimages = d.backward(b, judged, dlogits, ParamGrad::Skip, /*input_gradient=*/true);
  g.backward(b, made, dimages, ParamGrad::Overwrite, /*input_gradient=*/false);
  players.g_optimizer->update(b, players.counters, {});
}

void bookkeeping(Builder& b, const Players& players, const IterationOptions& options) {
  b.phase("bookkeeping");
  if (players.average)
    b.emit(ExponentialMovingAverage{.iteration = players.counters.iteration,
                                    .source = players.generator.parameter_slab(),
                                    .average = players.average->parameter_slab(),
                                    .decay = options.ema_decay});
  b.emit(AdvanceCounter{.counter = players.counters.iteration});
}

}  // namespace gan
