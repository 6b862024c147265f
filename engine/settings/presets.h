// Published recipes by name: settings that stand in for the program's defaults.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/settings/setting_table.h"

namespace gan {

/// A recipe: what it trains, where its numbers are published, where what this program does is not what was published, and the
/// settings. Settings that it leaves out keep the program's defaults: the data, lengths that nobody published.
struct Preset {
  struct Row {
    std::string_view setting, value;  ///< as a user would type them
  };
  std::string_view name, what, source, differences;
  std::vector<Row> rows;
};

/// All recipes, in the order of their years.
std::span<const Preset> presets();

/// The settings of the preset `name`. InputError `--preset x: there is no such recipe; did you mean ...` for another name.
std::vector<Assignment> preset_assignments(std::string_view name);

/// Every preset with its settings, source and differences, for `--preset` without a name.
std::string list_of_presets();

}  // namespace gan
