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

/// The images of a critic's update with a penalty: N real ones, N generated, N points between, in one batch.
struct PenalisedBatch {
  PenalisedBatch(Builder& b, const FeatureShape& image, std::int64_t n);

  Tensor images;               ///< (3 N, H, W, C)
  Tensor real, fake, between;  ///< its thirds
};

/// Emits D's update number `step` of an iteration, once its weights are normalised, on a batch of real images and one of
/// generated images: Goodfellow et al. 2014, Algorithm 1, with the penalties R1 and R2 where asked for.
void update_discriminator(Builder& b, const Players& players, const Objective& objective,
                          const IterationOptions& options, int step, const Tensor& real, const Tensor& fake);

/// The same by Arjovsky, Chintala & Bottou 2017, Algorithm 1: the weights are clipped afterwards.
void update_clipped_critic(Builder& b, const Players& players, const Objective& objective,
                           const IterationOptions& options, int step, const Tensor& real, const Tensor& fake);

/// The same by Gulrajani et al. 2017, Algorithm 1. Real and generated images are in `batch`; those between are drawn here.
void update_penalised_critic(Builder& b, const Players& players, const Objective& objective,
                             const IterationOptions& options, int step, const PenalisedBatch& batch);

/// Emits a generator update through a discriminator that stays as it is: on fresh noise, or, with `options.reuse_noise`,
/// again on the images of `last`, the generator's pass of the last D step.
void generator_step(Builder& b, const Players& players, const Tensor& dataset, const Objective& objective,
                    const IterationOptions& options, const Pass& last);

/// Which update of D in an iteration the D step `step` ends with.
UpdateNumber update_number(const Players& players, const IterationOptions& options, int step);

/// Emits the counters' advance by one iteration.
void advance_counters(Builder& b, const Players& players, const IterationOptions& options);

/// Emits what ends an iteration: the generator's average follows, the counters advance.
void bookkeeping(Builder& b, const Players& players, const IterationOptions& options);

}  // namespace gan
