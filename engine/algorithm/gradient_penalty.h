// Penalties on the norm of D's gradient, at the images of a pass.
#pragma once

#include "engine/algorithm/algorithm.h"

namespace gan {

/// What a penalty P leaves for the log, and how the progress line calls it.
struct PenaltyReadings {
  const char* penalty;        ///< reading: P
  const char* gradient_norm;  ///< reading: E[|g|]
  const char* label;          ///< on the progress line; its short form
  const char* short_label;
};
inline constexpr PenaltyReadings kInterpolatesPenalty{"penalty", "gradient_norm", "penalty", "gp"};
inline constexpr PenaltyReadings kRealPenalty{"r1", "r1_gradient_norm", "R1", "R1"};
inline constexpr PenaltyReadings kFakePenalty{"r2", "r2_gradient_norm", "R2", "R2"};

/// Declares both readings, and gauges for them.
void declare_readings(Builder& b, const PenaltyReadings& readings);

/// Emits a penalty P of g = d D(x) / d x at the images of `pass`, where `gradients` is what the input-gradient sweep made of
/// the seed 1 for each of them (so that `gradients.input` is g), and all of its backward but the last step; returns the
/// pairs whose weight gradients add up to dP/dw. Norm layers' parameter gradients are accumulated on the way.
///
/// The backward of a backward, by hand. g = J_1^T J_2^T ... 1, the J_l being the layers' linearisations. With v = dP/dg the
/// tangent sweep pushes v_l = J_l v_(l-1) through the same layers, and a product with weights w_l, dx_l = w_l^T dy_l, has
/// dP/dw_l = the weight gradient of the pair (v_(l-1), dy_l). Where a J_l itself depends on its x (norms, smooth
/// activations), the tangent sweep leaves a gradient at that value, and an ordinary backward from there, with the pairs
/// (x_l, e_l), adds the rest. For layers of straight lines there is none.
/// Throws Error for a critic with a layer that has no double backward.
std::vector<WeightTerm> penalty_terms(Builder& b, const Network& critic, const Pass& pass,
                                      const InputGradients& gradients, const GradientPenaltyOptions& options,
                                      const PenaltyReadings& readings);

/// Adds the gradients of a penalty at the images of `pass` to `critic`'s: an input-gradient sweep from the seed 1, then
/// penalty_terms() and their weight gradients. For layers of straight lines that is one input-gradient sweep, one tangent
/// sweep and one set of weight gradients.
void penalise_gradient(Builder& b, const Network& critic, const Pass& pass, const GradientPenaltyOptions& options,
                       const PenaltyReadings& readings);

}  // namespace gan
