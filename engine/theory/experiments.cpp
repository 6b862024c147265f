#include "engine/theory/experiments/experiments.h"

#include "engine/theory/experiment.h"

namespace gan::theory {

const std::vector<Experiment>& experiments() {
  static const std::vector<Experiment> all = {optimal_discriminator(), figure_1(),           k_steps(),
                                              parallel_lines(),        vanishing_gradient(), kl_asymmetry(),
                                              mode_collapse(),         weight_clipping(),    penalty_axis(),
                                              checkerboard(),          two_sample(),         parzen()};
  return all;
}

}  // namespace gan::theory
