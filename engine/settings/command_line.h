// What the user typed, read by a program's table of settings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/settings/help.h"
#include "engine/settings/setting_table.h"

namespace gan {

/// What --help (or -h) or --version ask for, the first of them wherever they stand: who asks for help may be lost.
/// Nothing when neither is there.
std::optional<std::string> requested_information(const std::vector<std::string>& arguments,
                                                 const ProgramDescription& program, const SettingTable& table);

/// Splits the arguments (without the program's name) into settings and values; of a setting that stands there twice the
/// last one counts. InputError for what is no setting (with the nearest match) and for missing values; what the values
/// mean is the business of assign().
std::vector<Assignment> read_arguments(const std::vector<std::string>& arguments, const SettingTable& table);

/// The text that the user typed for a setting, or null.
const std::string* typed_text(const std::vector<Assignment>& typed, std::string_view name);

}  // namespace gan
