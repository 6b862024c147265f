// The text of --help.
#pragma once

#include <string>

namespace gan {

/// Every option with its default, worked examples, and what the numbers of a run mean; lines of at most 100 columns.
std::string help_text();

}  // namespace gan
