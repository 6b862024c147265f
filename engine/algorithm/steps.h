// The parts that schedules share.
#pragma once

#include "engine/algorithm/draws.h"
#include "engine/algorithm/gradient_penalty.h"

namespace gan {

/// D's passes over a batch of real and of generated images.
struct Judged {
  Pass real, fake;
};

/// Emits the discriminator's gradients, overwritten, on a batch of real and of generated images.
Judged judge(Builder& b, const Network& discriminator, const Objective& objective, const Tensor& real,
             const Tensor& fake);

/// Emits the critic's gradients, overwritten, of its loss on real and generated images and of a penalty between them, in
/// five sweeps over one batch. `images` (3 N, H, W, C): N real ones, N generated, N points between. Norm layers see three
/// batches.
void judge_with_penalty(Builder& b, const Network& critic, const Objective& objective, const Tensor& images,
                        const GradientPenaltyOptions& penalty);

/// Emits a generator update through a discriminator that stays as it is: on fresh noise, or, with `options.reuse_noise`,
/// again on the images of `last`, the generator's pass of the last D step.
void generator_step(Builder& b, const Players& players, const Tensor& dataset, const Objective& objective,
                    const IterationOptions& options, const Pass& last);

/// Which update of D in an iteration the D step `step` ends with.
UpdateNumber update_number(const Players& players, const IterationOptions& options, int step);

/// Emits what ends an iteration: the generator's average follows, the counters advance.
void bookkeeping(Builder& b, const Players& players, const IterationOptions& options);

}  // namespace gan
