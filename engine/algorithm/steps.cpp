#include "engine/algorithm/steps.h"

namespace gan {

Judged judge(Builder& b, const Network& d, const Objective& objective, const Tensor& real, const Tensor& fake) {
  const auto backward = [&](const Pass& pass, const Tensor& dlogits, ParamGrad mode) {
    d.backward(b, pass, dlogits, mode, /*input_gradient=*/false);
  };
  const Pass on_real = d.forward(b, real, "D(x)");
  if (!objective.is_paired()) {  // one after the other: less is alive at once
    backward(on_real, objective.d_loss(b, {.real = on_real.output}).real, ParamGrad::Overwrite);
    const Pass on_fake = d.forward(b, fake, "D(G(z))");
    backward(on_fake, objective.d_loss(b, {.fake = on_fake.output}).fake, ParamGrad::Accumulate);
    return {on_real, on_fake};
  }
  const Pass on_fake = d.forward(b, fake, "D(G(z))");
  const Logits gradients = objective.d_loss(b, {.real = on_real.output, .fake = on_fake.output});
  backward(on_real, gradients.real, ParamGrad::Overwrite);
  backward(on_fake, gradients.fake, ParamGrad::Accumulate);
  return {on_real, on_fake};
}

void judge_with_penalty(Builder& b, const Network& d, const Objective& objective, const Tensor& images,
                        const GradientPenaltyOptions& penalty) {
  const std::int64_t n = images.shape[0] / 3, judged = 2 * n;
  const auto real = [n](const Tensor& all) { return all.rows(0, n); };
  const auto fake = [n](const Tensor& all) { return all.rows(n, n); };

  const Pass pass = d.forward(b, images, "D", {.groups = {n, n, n}});
  const Tensor seeds = b.transient("d(D)", pass.output.shape);
  objective.d_loss(b, {.real = real(pass.output), .fake = fake(pass.output)},
                   {.real = real(seeds), .fake = fake(seeds)});
  b.emit(Fill{.y = seeds.rows(judged, n), .value = 1});
  const InputGradients dy = d.input_gradients(b, pass, seeds, ParamGrad::Overwrite,
                                              {.parameter_rows = judged, .input_rows = Rows{judged, n}});

  std::vector<WeightTerm> terms = {weight_term(pass.rows(0, judged), dy.rows(0, judged))};
  for (WeightTerm& term : penalty_terms(b, d, pass.rows(judged, n), dy.rows(judged, n), penalty, kInterpolatesPenalty))
    terms.push_back(std::move(term));
  d.weight_gradients(b, terms, ParamGrad::Overwrite);
}

void generator_step(Builder& b, const Players& players, const Tensor& dataset, const Objective& objective,
                    const IterationOptions& o, const Pass& last) {
  const Network &g = players.generator, &d = players.discriminator;
  b.phase("G step");
  d.normalize_weights(b);
  const Pass made =
      o.reuse_noise ? last : g.forward(b, latents(b, players, players.counters.iteration, o.batch), "G(z)");
  const Tensor on_real =
      objective.is_paired() ? d.forward(b, batch_for_generator(b, players, dataset, o), "D(x)").output : Tensor{};
  const Pass judged = d.forward(b, made.output, "D(G(z))");
  const Tensor dlogits = objective.g_loss(b, {.real = on_real, .fake = judged.output});
  const Tensor dimages = d.backward(b, judged, dlogits, ParamGrad::Skip, /*input_gradient=*/true);
  g.backward(b, made, dimages, ParamGrad::Overwrite, /*input_gradient=*/false);
  players.g_optimizer->update(b, players.counters, {});
}

UpdateNumber update_number(const Players& players, const IterationOptions& options, int step) {
  return {.per_iteration = options.d_steps,
          .index = step,
          .before = options.d_steps_vary ? players.counters.discriminator_updates : Tensor{}};
}

void advance_counters(Builder& b, const Players& players, const IterationOptions& options) {
  if (options.d_steps_vary)
    b.emit(AdvanceCounter{.counter = players.counters.discriminator_updates,
                          .by = static_cast<std::uint32_t>(options.d_steps)});
  b.emit(AdvanceCounter{.counter = players.counters.iteration});
}

void bookkeeping(Builder& b, const Players& players, const IterationOptions& options) {
  b.phase("bookkeeping");
  if (players.average)
    b.emit(ExponentialMovingAverage{.iteration = players.counters.iteration,
                                    .source = players.generator.parameter_slab(),
                                    .average = players.average->parameter_slab(),
                                    .decay = options.ema_decay});
  advance_counters(b, players, options);
}

}  // namespace gan
