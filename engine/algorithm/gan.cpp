#include <fmt/format.h>

#include "engine/algorithm/building_blocks.h"

namespace gan {

Program gan_iteration(const Model& model, const Objective& objective, const IterationOptions& o) {
  const Network &g = model.generator, &d = model.discriminator;
  Builder b(model.table, {.name = "gan iteration, " + objective.name(),
                          .real = model.readings.dtype,
                          .seed = o.seed,
                          .first_stream = static_cast<std::uint32_t>(StreamBlock::Training)});

  // for k steps: ascend D's stochastic gradient of  log D(x) + log(1 - D(G(z)))
  for (int step = 0; step < o.d_steps; ++step) {
    b.phase(fmt::format("D step {}", step + 1));
    const Tensor real = next_batch(b, model, o, step);
    const Tensor z = latents(b, model, model.iteration, o.batch);
    const Tensor fake = g.forward(b, z, "G(z)").output;

    const Pass on_real = d.forward(b, real, "D(x)");
    const Tensor dreal =
        objective.d_real(b, on_real.output, {model.reading(Reading::LossDReal), model.reading(Reading::DReal)});
    d.backward(b, on_real, dreal, ParamGrad::Overwrite, /*input_gradient=*/false);

    const Pass on_fake = d.forward(b, fake, "D(G(z))");
    const Tensor dfake =
        objective.d_fake(b, on_fake.output, {model.reading(Reading::LossDFake), model.reading(Reading::DFakeBefore)});
    d.backward(b, on_fake, dfake, ParamGrad::Accumulate, /*input_gradient=*/false);
    adam_step(b, model, d, o.d_adam, o.d_steps, step);
  }

  // then: descend G's stochastic gradient, through a D that stays as it is
  b.phase("G step");
  const Tensor z = latents(b, model, model.iteration, o.batch);
  const Pass made = g.forward(b, z, "G(z)");
  const Pass judged = d.forward(b, made.output, "D(G(z))");
  const Tensor dlogits =
      objective.g_fake(b, judged.output, {model.reading(Reading::LossG), model.reading(Reading::DFakeAfter)});
  const Tensor dimages = d.backward(b, judged, dlogits, ParamGrad::Skip, /*input_gradient=*/true);
  g.backward(b, made, dimages, ParamGrad::Overwrite, /*input_gradient=*/false);
  adam_step(b, model, g, o.g_adam, 1, 0);

  b.phase("bookkeeping");
  if (model.average)
    b.emit(ExponentialMovingAverage{.iteration = model.iteration,
                                    .source = g.parameter_slab(),
                                    .average = model.average->parameter_slab(),
                                    .decay = o.ema_decay});
  b.emit(AdvanceCounter{.counter = model.iteration});
  return b.finish();
}

}  // namespace gan
