// A look at both players from outside the training: what they make of images that training uses, of images that it never
// sees, and of noise.
#pragma once

#include "engine/algorithm/draws.h"
#include "engine/device/runtime.h"
#include "engine/watch/measures.h"

namespace gan {

/// The images that a look compares.
struct WatchedData {
  Tensor training;         ///< U8 (count, H, W, C): what training walks through
  Tensor held_out;         ///< the same, of images that training never sees; absent: none are kept
  std::int64_t batch = 0;  ///< images of each that are looked at, at least 2
};

/// The program of a look. It trains nothing and moves no statistics: norm layers take those of the batch they are given.
/// Outputs: "images" and "generated" (batch, H, W, C), the verdicts "on training", "on held-out" (where there are such
/// images) and "on generated" (batch), and "gradient norms" (batch): the L2 norm, image by image, of D's gradient at points
/// between real and generated images.
Program watching(const Players& players, const WatchedData& data, std::uint64_t seed);

/// What the program, which has just been run, and the last iteration have left, as numbers. `weight_clip`: where the critic's
/// weights are clipped; 0: nowhere.
Measures measure(const Players& players, Runtime& runtime, Runtime::ProgramId watching, double weight_clip);

/// Moves `held_out` images, chosen by `seed`, to the end of the data set `pixels` of `count` images, in place.
void move_held_out_to_end(std::vector<std::uint8_t>& pixels, std::int64_t count, std::int64_t held_out,
                          std::uint64_t seed);

}  // namespace gan
