// The text of --help, made from a program's table of settings.
#pragma once

#include <string>
#include <string_view>

#include "engine/settings/setting_table.h"

namespace gan {

/// What a program says of itself around its list of settings. Lines of at most 100 columns.
struct ProgramDescription {
  std::string_view name;     ///< "gan_cuda_train"
  std::string_view opening;  ///< what it does, usage, worked examples
  std::string_view closing;  ///< what its output means; exit codes
};

/// Opening, every setting under the heading of its group with its default, --help and --version, closing.
std::string help_text(const ProgramDescription& program, const SettingTable& table);

/// `head` and, in the column of the help's explanations, `text` in lines of at most 100 columns.
std::string help_entry(std::string head, std::string_view text);

}  // namespace gan
