// The parts that schedules share.
#pragma once

#include "engine/algorithm/draws.h"

namespace gan {

/// Emits the discriminator's gradients, overwritten, on a batch of real and of generated images.
void judge(Builder& b, const Network& discriminator, const Objective& objective, const Tensor& real,
           const Tensor& fake);

/// Emits a generator update on fresh noise, through a discriminator that stays as it is; beside fresh images of `dataset`
/// where the objective pairs.
void generator_step(Builder& b, const Players& players, const Tensor& dataset, const Objective& objective,
                    const IterationOptions& options);

/// Emits what ends an iteration: the generator's average follows, the counter advances.
void bookkeeping(Builder& b, const Players& players, const IterationOptions& options);

}  // namespace gan
