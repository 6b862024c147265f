// The programs of a run. Each trains, samples or prepares; all share the model's storages.
#pragma once

#include "engine/algorithm/model.h"

namespace gan {

/// Adam's settings for one player.
struct AdamOptions {
  double learning_rate = 2e-4;
  double beta1 = 0.5, beta2 = 0.999;
  double weight_decay = 0;
};

/// What the schedule depends on beside model and objective.
struct IterationOptions {
  std::int64_t batch = 64;
  int d_steps = 1;  ///< k of Algorithm 1
  AdamOptions g_adam, d_adam;
  float ema_decay = 0.999f;  ///< of the generator's average, where the model keeps one
  bool flip = false;         ///< mirror every other image, at random
  std::uint64_t seed = 0;    ///< of every random draw
};

/// Goodfellow et al. 2014, Algorithm 1: `d_steps` discriminator updates, each on a fresh minibatch of images and of
/// noise, then one generator update on fresh noise. Adam in place of the momentum of the paper.
Program gan_iteration(const Model& model, const Objective& objective, const IterationOptions& options);

/// Weights, moments and statistics as they are before the first iteration. The counters are zeroed from the host.
Program initialization(const Model& model, std::uint64_t seed);

/// `count` images of the same latents every time, from the generator's average where there is one. Batch norm takes the
/// statistics of these images and leaves the running ones alone. Output "images" (count, H, W, C), "latents".
Program sampling(const Model& model, std::int64_t count, std::uint64_t seed);

/// Gives the average generator running statistics of its own: the mean over kCalibrationBatches batches of fixed
/// latents. (The statistics gathered in training belong to the weights in training.) For checkpoints; changes nothing
/// else, and is empty where no average is kept.
Program calibration(const Model& model, std::int64_t batch, std::uint64_t seed);
inline constexpr int kCalibrationBatches = 8;

}  // namespace gan
