// The command line of gan_cuda_theory.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/settings/setting_table.h"

namespace gan::theory {

/// What gan_cuda_theory is asked to do.
struct TheoryOptions {
  std::vector<std::string> names;        ///< of experiments, in the order of the page; none: they are listed
  std::filesystem::path out = "theory";  ///< --out: the page's folder
  std::filesystem::path markdown;        ///< --markdown: a second account, for a documentation folder; empty: none
  std::uint64_t seed = 1;                ///< --seed
  bool quick = false;                    ///< --quick
  bool png = false;                      ///< --png: every picture as PNG, too
};

/// What was typed.
struct TheoryCommandLine {
  std::string information;  ///< what --help or --version print, and nothing else is to be done
  TheoryOptions options;
};

/// The rows of gan_cuda_theory.
std::vector<Setting> theory_settings(TheoryOptions& options);

/// Reads the arguments (without the program's name): names of experiments, or `all`, then options. InputError for what
/// cannot be meant, with the nearest name of an experiment.
TheoryCommandLine parse_theory_command_line(const std::vector<std::string>& arguments);

/// The experiments, a line each: what gan_cuda_theory alone prints.
std::string list_experiments();

}  // namespace gan::theory
