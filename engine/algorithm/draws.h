// What every algorithm's schedule draws: batches of images and of noise.
#pragma once

#include "engine/algorithm/algorithm.h"

namespace gan {

/// Every program draws from random streams of its own.
enum class StreamBlock : std::uint32_t {
  Initialization = 0,
  Training = 1u << 16,
  Sampling = 2u << 16,
  Calibration = 3u << 16,
  Watching = 4u << 16,
  Seeds = 5u << 16,      ///< latents that seeds address: engine/sample/latents.h
  Evaluation = 6u << 16  ///< shuffles on the host: engine/evaluation/shuffle.h
};

/// A builder of the program `name` over the players' table, drawing from `streams`.
Builder make_builder(const Players& players, std::string name, std::uint64_t seed, StreamBlock streams);

/// Emits what copies the images of `dataset` at `indices` I32 (batch) to `into` (batch, H, W, C): bytes are scaled to
/// [-1, 1] and, with `flip`, mirrored at random; points, of the players' element type, are taken as they are.
void emit_batch(Builder& b, const Players& players, const Tensor& dataset, const Tensor& indices, const Tensor& into,
                bool flip);

/// A fresh minibatch of real images (batch, H, W, C) for the D step `step` of this iteration, written to `into` where that
/// is present.
Tensor next_batch(Builder& b, const Players& players, const Tensor& dataset, const IterationOptions& options, int step,
                  const Tensor& into = {});

/// The same of a second data set, in an order of its own: what stands where generated images would.
Tensor next_batch_of_second(Builder& b, const Players& players, const Tensor& second, const IterationOptions& options,
                            int step, const Tensor& into = {});

/// A minibatch of real images for the G step of objectives that compare: the data set in an order of its own, so that it
/// takes nothing from the D steps' walk.
Tensor batch_for_generator(Builder& b, const Players& players, const Tensor& dataset, const IterationOptions& options);

/// Fresh noise z ~ N(0, I) (batch, latent), drawn anew whenever `counter` changes.
Tensor latents(Builder& b, const Players& players, const Tensor& counter, std::int64_t batch);

}  // namespace gan
