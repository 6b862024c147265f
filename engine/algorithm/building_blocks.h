// The sentences that every algorithm's schedule is made of.
#pragma once

#include "engine/algorithm/schedules.h"

namespace gan {

/// Every program draws from random streams of its own.
enum class StreamBlock : std::uint32_t {
  Initialization = 0,
  Training = 1u << 16,
  Sampling = 2u << 16,
  Calibration = 3u << 16
};

/// A fresh minibatch of real images (batch, H, W, C), number `step` of the `options.d_steps` of this iteration.
Tensor next_batch(Builder& b, const Model& model, const IterationOptions& options, int step);

/// Fresh noise z ~ N(0, I) (batch, latent), drawn anew whenever `counter` changes.
Tensor latents(Builder& b, const Model& model, const Tensor& counter, std::int64_t batch);

/// One Adam update of all parameters, number `index` of the `per_iteration` this network gets; none, from then on, when
/// the gradient is not finite.
void adam_step(Builder& b, const Model& model, const Network& network, const AdamOptions& options, int per_iteration,
               int index);

}  // namespace gan
