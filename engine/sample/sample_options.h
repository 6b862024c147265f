// Everything gan_cuda_sample is asked to do, and what follows from it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "engine/data/point_sets.h"
#include "engine/files/image_grid.h"
#include "engine/sample/latents.h"
#include "engine/sample/seed_list.h"
#include "engine/settings/options.h"

namespace gan {

/// Field defaults are the program's defaults. The table of settings (sample_command_line.h) says what each may be.
struct SampleOptions {
  // what to draw
  std::filesystem::path checkpoint;  ///< --checkpoint FILE
  std::string seeds;                 ///< --seeds LIST; empty: 1 to --count
  std::int64_t count = 0;            ///< --count N; 0: as the form of the output asks
  std::string ema = "auto";          ///< --ema auto | yes | no
  double truncation = 0;             ///< --truncation T; 0: none

  // what to make of it: at most one of the four; none: a grid, or of points a picture
  std::string grid;          ///< --grid ROWSxCOLUMNS
  bool separate = false;     ///< --separate: a PNG an image
  bool npy = false;          ///< --npy: one array
  std::string walk = "no";   ///< --walk no | slerp | lerp
  std::int64_t frames = 30;  ///< --frames from each seed to the next
  int fps = 20;              ///< --fps
  std::filesystem::path out;

  // machine
  std::int64_t batch = 64;
  TrainingOptions training;  ///< for --device and --threads, whose rows are the training program's
};

/// What the output is: of images one of the first four, of points an array or a picture.
enum class SampleForm { Grid, Separate, Array, Walk, Picture };

/// The options, made concrete.
struct SamplePlan {
  SampleForm form = SampleForm::Grid;
  SeedList seeds;
  GridLayout grid;  ///< Grid
  WalkKind walk = WalkKind::Slerp;
  std::filesystem::path out;

  /// Images, or points, to draw: one a seed, or one a frame.
  std::int64_t images = 0;
};

/// The plan for a generator that makes `kind`. InputError, naming the options as the user typed them, for those that
/// contradict each other or do not fit what is made, and an output whose name does not fit its form; ranges are the
/// table's business.
SamplePlan plan_samples(const SampleOptions& options, DataKind kind);

}  // namespace gan
