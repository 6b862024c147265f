// The command line of gan_cuda_train.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/settings/options.h"
#include "engine/settings/setting_table.h"

namespace gan {

/// What gan_cuda_train is to do. The first of these that is set counts, in this order; none means: train.
struct TrainingCommandLine {
  std::string information;  ///< what --help, --version or --preset without a name print, and nothing else is to be done
  bool print_schedule = false;
  bool plan = false;
  std::string preset;            ///< --preset: applied already
  std::filesystem::path config;  ///< --config: read already
  TrainingOptions options;       ///< complete and checked, unless there is `information`
};

/// The rows of gan_cuda_train: those of its run and its own.
std::vector<Setting> command_line_settings(TrainingCommandLine& line);

/// Reads the arguments (without the program's name). Defaults give way to --preset or the config.toml of --resume, these to
/// --config, and that to the command line. Without any length the run lasts 20 epochs. InputError for everything that
/// cannot be meant: what read_arguments(), apply_toml() and check_options() refuse.
TrainingCommandLine parse_training_command_line(const std::vector<std::string>& arguments);

}  // namespace gan
