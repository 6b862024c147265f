// The experiments, one file each, in the order of the page.
#pragma once

#include "engine/theory/experiment.h"

namespace gan::theory {

Experiment optimal_discriminator();
Experiment figure_1();
Experiment k_steps();
Experiment parallel_lines();
Experiment vanishing_gradient();
Experiment kl_asymmetry();
Experiment mode_collapse();
Experiment weight_clipping();
Experiment penalty_axis();
Experiment checkerboard();
Experiment two_sample();
Experiment parzen();

}  // namespace gan::theory
