#include "engine/algorithm/gradient_penalty.h"

namespace gan {

void penalise_gradient(Builder& b, const Network& critic, const Tensor& at, const GradientPenaltyOptions& options) {
  const Pass pass = critic.forward(b, at, "D(x^)");
  const Tensor one = b.transient("1", pass.output.shape);
  b.emit(Fill{.y = one, .value = 1});
  const InputGradients g = critic.input_gradients(b, pass, one, ParamGrad::Skip);

  const Tensor v = b.transient("v", at.shape);  // dP/dg
  b.emit(GradientPenalty{.gradient = g.input,
                         .norm = b.transient("|g|", {at.shape[0]}),
                         .loss = b.reading("penalty"),
                         .mean_norm = b.reading("gradient_norm"),
                         .dgradient = v,
                         .weight = options.weight,
                         .one_sided = options.one_sided});

  const Tangents tangents = critic.tangent(b, pass, g, v, ParamGrad::Accumulate);
  const InputGradients e = critic.second_order(b, pass, tangents, /*doutput=*/{}, ParamGrad::Accumulate);
  const WeightTerm terms[] = {weight_term(tangents, g), weight_term(pass, e)};
  critic.weight_gradients(b, terms, ParamGrad::Accumulate);
}

}  // namespace gan
