// Doing experiments: one after the other, results to files, a line for whoever waits.
#pragma once

#include <functional>

#include "engine/theory/theory_command_line.h"

namespace gan::theory {

/// Does the experiments that `options` name and writes all that is to be kept below `options.out`, with a page of all that
/// was ever done there; `tell` gets what is to be printed, in pieces. Returns whether all numbers lie in their bands. Throws
/// MachineError for files that cannot be written, and where PNG is asked for and this program has no librsvg.
bool run_experiments(const TheoryOptions& options, const std::function<void(const std::string&)>& tell);

}  // namespace gan::theory
