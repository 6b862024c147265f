// The sets of images that an evaluation compares: data sets, or what a checkpoint's generator draws.
#pragma once

#include <string>

#include "engine/data/dataset.h"
#include "engine/evaluation/overseer.h"

namespace gan {

/// What becomes of every set.
struct SetOptions {
  int height = 0, width = 0;
  int channels = 0;        ///< 1, 3, or 0: as the images are
  std::uint64_t seed = 1;  ///< of what is drawn
  std::int64_t count = 0;  ///< images that are drawn of a checkpoint
  bool skip_damaged = false;
  std::string device = "auto";
  int threads = 0;
};

/// A set as the user names it.
struct NamedSet {
  std::string label;   ///< its part in the evaluation, for messages: "A"
  std::string source;  ///< what load_dataset() (engine/data/load.h) accepts as images, or a file NAME.safetensors
};

/// Whether the source is a checkpoint, which has as many images as are asked for.
bool is_checkpoint(const std::string& source);

/// Whether two sources are the same images: the same data set or file. Two checkpoints never are: each draws anew.
bool are_same_images(const std::string& a, const std::string& b);

/// Loads the set, or draws `options.count` images of the checkpoint's generator in inference form (CheckpointGenerator), its
/// average where there is one, resized like any others. `draw` tells sets apart that one evaluation draws: no two share
/// latents. Throws InputError and MachineError, and Interrupted.
Dataset load_set(const NamedSet& set, int draw, const SetOptions& options, Overseer& overseer);

/// A random choice of `count` of its images, in random order, as a set of its own; all of them where there are fewer.
Dataset random_part(const Dataset& set, std::int64_t count, std::uint64_t seed);

/// Takes the last `count` images out of a set; returns them.
Dataset split_off(Dataset& set, std::int64_t count);

}  // namespace gan
