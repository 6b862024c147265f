// The command line of gan_cuda_eval.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "engine/evaluation/evaluation_options.h"
#include "engine/settings/setting_table.h"

namespace gan {

/// What gan_cuda_eval is to do.
struct EvaluationCommandLine {
  std::string information;  ///< what --help or --version print, and nothing else is to be done
  std::variant<TwoSampleOptions, ParzenOptions> options;  ///< checked, unless there is `information`
};

/// The rows of each command.
std::vector<Setting> two_sample_settings(TwoSampleOptions& options);
std::vector<Setting> parzen_settings(ParzenOptions& options);

/// Reads the arguments (without the program's name): the command, its two sets, then options. InputError for everything that
/// cannot be meant.
EvaluationCommandLine parse_evaluation_command_line(const std::vector<std::string>& arguments);

}  // namespace gan
