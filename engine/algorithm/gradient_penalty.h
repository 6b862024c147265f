// WGAN-GP's penalty on the norm of the critic's gradient.
#pragma once

#include "engine/algorithm/algorithm.h"

namespace gan {

/// Adds to `critic`'s gradients those of P = weight E[(|g| - 1)^2], where g = d D(x) / d x at the images `at` (N, H, W, C),
/// the norm is over all of one image, and E is the mean over images (Gulrajani et al. 2017, equation 3). Leaves the
/// readings "penalty" (P) and "gradient_norm" (E[|g|]).
///
/// The backward of a backward, by hand. g is made by the input-gradient sweep from the seed 1: g = J_1^T J_2^T ... 1, the
/// J_l being the layers' linearisations. With v = dP/dg the tangent sweep pushes v_l = J_l v_(l-1) through the same layers,
/// and a product with weights w_l, dx_l = w_l^T dy_l, has dP/dw_l = the weight gradient of the pair (v_(l-1), dy_l). Where a
/// J_l itself depends on its x (norms, smooth activations), the tangent sweep leaves a gradient at that value, and an
/// ordinary backward from there, with the pairs (x_l, e_l), adds the rest. For layers of straight lines there is none: one
/// forward, one input-gradient sweep, one tangent sweep and one set of weight gradients, each over N images.
/// Throws Error for a critic with a layer that has no double backward.
void penalise_gradient(Builder& b, const Network& critic, const Tensor& at, const GradientPenaltyOptions& options);

}  // namespace gan
