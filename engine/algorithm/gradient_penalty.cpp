#include "engine/algorithm/gradient_penalty.h"

namespace gan {

namespace {

/// Emits P of the gradient g; returns dP/dg.
Tensor penalty(Builder& b, const Tensor& g, const GradientPenaltyOptions& options, const PenaltyReadings& readings) {
  const bool by_pixel = options.norm == GradientPenaltyOptions::Norm::Channel;
  const std::int64_t channels = g.shape[g.shape.rank - 1];
  const auto seen = [&](const Tensor& t) { return by_pixel ? t.reshaped({t.count() / channels, channels}) : t; };
  const Tensor v = b.transient("v", g.shape);
  b.emit(GradientPenalty{.gradient = seen(g),
                         .norm = b.transient("|g|", {seen(g).shape[0]}),
                         .loss = b.reading(readings.penalty),
                         .mean_norm = b.reading(readings.gradient_norm),
                         .dgradient = seen(v),
                         .weight = options.weight,
                         .target = options.target,
                         .one_sided = options.one_sided});
  return v;
}

}  // namespace

void declare_readings(Builder& b, const PenaltyReadings& readings) {
  b.reading(readings.penalty);
  b.reading(readings.gradient_norm);
  b.gauge({.label = readings.label, .short_label = readings.short_label, .readings = {readings.penalty}, .rank = 6});
}

std::vector<WeightTerm> penalty_terms(Builder& b, const Network& critic, const Pass& pass,
                                      const InputGradients& gradients, const GradientPenaltyOptions& options,
                                      const PenaltyReadings& readings) {
  const Tensor v = penalty(b, gradients.input, options, readings);
  const Tangents tangents = critic.tangent(b, pass, gradients, v, ParamGrad::Accumulate);
  const InputGradients e = critic.second_order(b, pass, tangents, /*doutput=*/{}, ParamGrad::Accumulate);
  return {weight_term(tangents, gradients), weight_term(pass, e)};
}

void penalise_gradient(Builder& b, const Network& critic, const Pass& pass, const GradientPenaltyOptions& options,
                       const PenaltyReadings& readings) {
  const Tensor one = b.transient("1", pass.output.shape);
  b.emit(Fill{.y = one, .value = 1});
  const InputGradients g = critic.input_gradients(b, pass, one, ParamGrad::Skip);
  critic.weight_gradients(b, penalty_terms(b, critic, pass, g, options, readings), ParamGrad::Accumulate);
}

}  // namespace gan
