// The command line of gan_cuda_sample.
#pragma once

#include <string>
#include <vector>

#include "engine/sample/sample_options.h"
#include "engine/settings/setting_table.h"

namespace gan {

/// What gan_cuda_sample is to do.
struct SampleCommandLine {
  std::string information;  ///< what --help or --version print, and nothing else is to be done
  SampleOptions options;    ///< checked, unless there is `information`
};

/// The rows of gan_cuda_sample.
std::vector<Setting> sample_settings(SampleOptions& options);

/// Reads the arguments (without the program's name). InputError for everything that cannot be meant: what read_arguments(),
/// the table and plan_samples() refuse, and a missing --checkpoint.
SampleCommandLine parse_sample_command_line(const std::vector<std::string>& arguments);

}  // namespace gan
