// config.toml: settings as a file. One setting a line, as `key = value`; keys are the options' names without dashes.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "engine/settings/options.h"
#include "engine/settings/setting_table.h"

namespace gan {

/// The recorded settings of a table as commented TOML, after `heading` (comment lines). Of alternatives only the one
/// that is chosen is written.
std::string to_toml(const SettingTable& table, std::string_view heading);

/// Gives the table's settings what `text` says and leaves the rest. `source` names it in messages. InputError, with the
/// line: what is not TOML, or more than a setting a line (tables, lists ...); an unknown key (with the nearest known
/// one), one that stands there twice, a value of the wrong type. On an error some values may have been set.
void apply_toml_text(std::string_view text, std::string_view source, const SettingTable& table);

/// The same from a file of at most 1 MB. InputError when it cannot be read.
void apply_toml(const std::filesystem::path& path, const SettingTable& table);

/// The config.toml of a run: every setting that makes it what it is. --out, --resume and --allow-config-change are about
/// one call of the program and left out: `--config FILE` repeats the run elsewhere.
std::string to_toml(const TrainingOptions& options);

/// The same as for tables; on an error `options` is unchanged.
void apply_toml_text(std::string_view text, std::string_view source, TrainingOptions& options);
void apply_toml(const std::filesystem::path& path, TrainingOptions& options);

}  // namespace gan
