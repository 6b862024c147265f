#include "engine/algorithm/algorithm.h"

namespace gan {

Program training_iteration(const Players& players, const Tensor& dataset, const Objective& objective,
                           const IterationOptions& options) {
  if (objective.name() == "wgan") return wgan_iteration(players, dataset, objective, options);
  if (objective.name() == "wgan-gp") return wgan_gp_iteration(players, dataset, objective, options);
  return gan_iteration(players, dataset, objective, options);
}

}  // namespace gan
