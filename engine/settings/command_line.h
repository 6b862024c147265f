// What the user typed.
#pragma once

#include <string>
#include <vector>

#include "engine/settings/options.h"

namespace gan {

/// What gan_cuda_train is to do. The first of these that is set counts, in this order; none means: train.
struct CommandLine {
  bool help = false;
  bool version = false;
  bool print_schedule = false;
  bool plan = false;
  TrainingOptions options;  ///< complete and checked, unless `help` or `version` is set
};

/// Reads the arguments (without the program's name). Defaults give way to the config.toml of --resume, that to
/// --config, and that to the command line; of an option that stands there twice the last one counts. Without any length
/// the run lasts 20 epochs. InputError for everything that cannot be meant: unknown options (with the nearest match),
/// missing or malformed values, what apply_toml() and check_options() refuse.
CommandLine parse_command_line(const std::vector<std::string>& arguments);

}  // namespace gan
