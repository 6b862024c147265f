// Everything gan_cuda_eval is asked to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/settings/options.h"

namespace gan {

/// `gan_cuda_eval two-sample A B`. Field defaults are the program's defaults; the table of settings
/// (evaluation_command_line.h) says what each may be.
struct TwoSampleOptions {
  TwoSampleOptions();

  std::string a, b;  ///< what load_set() (sample_sets.h) accepts
  std::int64_t count = 10'000;
  double alpha = 0.05;
  std::int64_t permutations = 999;
  std::filesystem::path out = "two-sample";
  TrainingOptions training;  ///< data, model, optimiser and machine, whose rows are the training program's
};

/// `gan_cuda_eval parzen SAMPLES TEST`.
struct ParzenOptions {
  ParzenOptions();

  std::string samples, test;
  std::string validation;  ///< empty: a tenth of the test set
  std::string sigmas;      ///< "0.1,0.2"; empty: standard_sigmas()
  std::int64_t count = 10'000;
  std::filesystem::path out = "parzen";
  TrainingOptions training;  ///< data and machine
};

/// Ten from 0.1 to 1, each a like factor above the one before: pixels lie in [0, 1].
std::vector<double> standard_sigmas();

/// The sigmas that the options ask for: positive numbers with commas between, in the user's order. InputError for other text.
std::vector<double> sigmas_of(const ParzenOptions& options);

}  // namespace gan
