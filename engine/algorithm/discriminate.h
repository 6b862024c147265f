// The game without a generator: a discriminator that learns to tell two data sets apart.
#pragma once

#include "engine/algorithm/algorithm.h"

namespace gan {

/// `options.d_steps` updates of the discriminator, each on a fresh minibatch of both data sets: `a` is what real images are
/// in the objective's loss and `b` what generated ones are, each (count, H, W, C), a storage of the run or rows of one, with
/// a walk and an order of its own. An update is the D step of the objective's own algorithm (steps.h): clipped for "wgan",
/// with the penalty at points between for "wgan-gp", with R1 and R2 for the others. The generator has no part in it. Readings
/// are those of the objective's d_loss() and of the penalties; then the counters advance.
Program discrimination(const Players& players, const Tensor& a, const Tensor& b, const Objective& objective,
                       const IterationOptions& options);

/// What the discriminator makes of the rows first ... first + count - 1 of `data` (count, H, W, C): output "logits" (count),
/// in the order of the rows. Norm layers are in inference form, so that each verdict depends on its row alone. Weights stay
/// as they are; spectrally normalised ones are normalised anew, which moves their singular vectors by one power iteration.
Program verdicts(const Players& players, const Tensor& data, std::int64_t first, std::int64_t count);

}  // namespace gan
