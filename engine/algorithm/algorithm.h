// The programs of a run. Each trains, samples or prepares; all share the players' storages.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/algorithm/players.h"
#include "engine/objective/objective.h"

namespace gan {

/// A penalty on the norm of D's gradient g = d D(x) / d x: weight E[(|g| - target)^2]. Target 1 at points between real and
/// generated images is WGAN-GP's, target 0 is the zero-centred penalty: R1 at real images, R2 at generated ones.
struct GradientPenaltyOptions {
  /// What the norm is taken over.
  enum class Norm {
    Sample,  ///< all of one image's gradient
    Channel  ///< the channels of every pixel by themselves: a widespread mistake, for comparison
  };
  float weight = 10;
  float target = 1;
  bool one_sided = false;  ///< only norms above the target cost: max(0, |g| - target)^2
  Norm norm = Norm::Sample;
};

/// What the schedule depends on beside players, data and objective.
struct IterationOptions {
  std::int64_t batch = 64;
  int d_steps = 1;                 ///< k of Algorithm 1
  bool d_steps_vary = false;       ///< other iterations of the run have another k: updates are counted on the device
  bool reuse_noise = false;        ///< the G step judges the last D step's fakes again, instead of fresh ones
  float ema_decay = 0.999f;        ///< of the generator's average, where the players keep one
  bool flip = false;               ///< mirror every other image, at random
  std::uint64_t seed = 0;          ///< of every random draw
  float weight_clip = 0.01f;       ///< wgan: the critic's weights are kept in [-clip, clip]
  GradientPenaltyOptions penalty;  ///< wgan-gp
  float r1 = 0, r2 = 0;            ///< gamma of the zero-centred penalties at real and generated images; 0: none
};

/// Goodfellow et al. 2014, Algorithm 1: `d_steps` discriminator updates, each on a fresh minibatch of images and of
/// noise, then one generator update on fresh noise. An optimiser in place of the momentum of the paper, and, where asked
/// for, the penalties gamma / 2 E[|grad D|^2] of Mescheder et al. 2018, section 4.1. `dataset`: U8 (count, H, W, C), or
/// points of the players' element type (count, 1, 1, D), a storage of the run.
Program gan_iteration(const Players& players, const Tensor& dataset, const Objective& objective,
                      const IterationOptions& options);

/// Arjovsky, Chintala & Bottou 2017, Algorithm 1: `d_steps` critic updates, after each of which its weights are clipped,
/// then one generator update.
Program wgan_iteration(const Players& players, const Tensor& dataset, const Objective& objective,
                       const IterationOptions& options);

/// Gulrajani et al. 2017, Algorithm 1: `d_steps` critic updates with a penalty on the norm of the critic's gradient at
/// points between real and generated images, then one generator update. Throws Error for a critic with a layer that has no
/// double backward.
Program wgan_gp_iteration(const Players& players, const Tensor& dataset, const Objective& objective,
                          const IterationOptions& options);

/// The iteration that `objective` is played with: wgan_iteration, wgan_gp_iteration, or gan_iteration for all others.
Program training_iteration(const Players& players, const Tensor& dataset, const Objective& objective,
                           const IterationOptions& options);

/// Weights and statistics as they are before the first iteration; the rest of a run's memory starts as zeros.
Program initialization(const Players& players, std::uint64_t seed);

/// `count` images of the same latents every time, from the generator's average where there is one. Batch norm takes the
/// statistics of these images and leaves the running ones alone. Output "images" (count, H, W, C), "latents".
Program sampling(const Players& players, std::int64_t count, std::uint64_t seed);

/// Gives the average generator running statistics of its own: the mean over calibration_batches(batch) batches of fixed
/// latents. (The statistics gathered in training belong to the weights in training.) For checkpoints; changes nothing
/// else, and is empty where no average is kept.
Program calibration(const Players& players, std::int64_t batch, std::uint64_t seed);

/// As many as make 4096 images, but 8 at least and 64 at most. A channel's variance, which is what few images tell least of,
/// is then known to a fiftieth even in a layer whose pixels all say the same; from 512 images the samples are visibly worse
/// (BENCHMARKS.md, "The demo's recipe").
constexpr int calibration_batches(std::int64_t batch) {
  return static_cast<int>(std::clamp<std::int64_t>(4096 / batch, 8, 64));
}

}  // namespace gan
