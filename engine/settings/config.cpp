#include "engine/settings/config.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <vector>

#include "engine/settings/nearest_match.h"
#include "engine/settings/settings.h"
#include "engine/settings/toml.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// The value as TOML: strings in quotes, floats with a point.
std::string toml_value(const Setting& setting, const TrainingOptions& options) {
  std::string text = value_text(setting, options);
  switch (kind(setting)) {
    case SettingKind::Text:
    case SettingKind::ImageSize: return toml_string(text);
    case SettingKind::Real: return text.find_first_of(".en") == text.npos ? text + ".0" : text;
    default: return text;
  }
}

std::string_view describe(TomlKind kind) {
  switch (kind) {
    case TomlKind::String: return "a string";
    case TomlKind::Integer: return "a whole number";
    case TomlKind::Float: return "a number with a point or exponent";
    case TomlKind::Boolean: return "true or false";
  }
  throw Error("a TOML value of no kind");
}

bool fits(TomlKind value, SettingKind setting) {
  switch (setting) {
    case SettingKind::Text: return value == TomlKind::String;
    case SettingKind::Whole: return value == TomlKind::Integer;
    case SettingKind::Real: return value == TomlKind::Integer || value == TomlKind::Float;
    case SettingKind::Flag: return value == TomlKind::Boolean;
    case SettingKind::ImageSize: return value == TomlKind::Integer || value == TomlKind::String;
  }
  return false;
}

const Setting& setting_of(const TomlEntry& entry, std::string_view source) {
  const Setting* setting = find_setting(entry.key);
  if (setting == nullptr) {
    std::vector<std::string> known;
    for (const Setting& candidate : settings())
      if (candidate.place != SettingPlace::CommandLineOnly) known.emplace_back(candidate.name);
    throw InputError(
        fmt::format("{}, line {}: unknown key '{}'{}", source, entry.line, entry.key, did_you_mean(entry.key, known)));
  }
  if (setting->place == SettingPlace::CommandLineOnly)
    throw InputError(
        fmt::format("{}, line {}: {} is accepted on the command line only", source, entry.line, entry.key));
  return *setting;
}

void apply_entry(const TomlEntry& entry, const Setting& setting, std::string_view source, TrainingOptions& options) {
  if (!fits(entry.kind, kind(setting)))
    throw InputError(fmt::format("{}, line {}: {} is {}; accepted is {}", source, entry.line, entry.key,
                                 describe(entry.kind), gan::describe(kind(setting))));
  try {
    set_value(setting, entry.value, options);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}, line {}: {}: {}", source, entry.line, entry.key, error.what()));
  }
}

}  // namespace

std::string to_toml(const TrainingOptions& options) {
  std::string text =
      "# A run of gan_cuda_train. To repeat it: gan_cuda_train --config THIS_FILE\n"
      "# What the keys mean, with units: gan_cuda_train --help\n";
  std::string_view group;
  for (const Setting& setting : settings()) {
    if (setting.place != SettingPlace::Everywhere) continue;
    if (is_length(setting.name) && value_text(setting, options) == "0") continue;
    if (setting.group != group) text += fmt::format("\n# {}\n", setting.group);
    group = setting.group;
    text += fmt::format("{} = {}  # {}\n", setting.name, toml_value(setting, options), setting.help);
  }
  return text;
}

void apply_toml_text(std::string_view text, std::string_view source, TrainingOptions& options) {
  TrainingOptions changed = options;
  const std::vector<TomlEntry> entries = parse_toml(text, source);
  for (const TomlEntry& entry : entries) {
    setting_of(entry, source);
    if (is_length(entry.key)) clear_length(changed);
  }
  // In the table's order, so that g-lr refines lr wherever the two stand.
  for (const Setting& setting : settings())
    for (const TomlEntry& entry : entries)
      if (entry.key == setting.name) apply_entry(entry, setting, source, changed);
  options = changed;
}

void apply_toml(const std::filesystem::path& path, TrainingOptions& options) {
  constexpr std::size_t kLargest = 1 << 20;
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    throw InputError(fmt::format("{}: is a folder, not a file", path.string()));
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kLargest + 1, '\0');
  if (!file || (file.read(text.data(), static_cast<std::streamsize>(text.size())), file.bad()))
    throw InputError(fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kLargest)
    throw InputError(fmt::format("{}: is larger than the 1 MB that a list of settings may have", path.string()));
  apply_toml_text(text, path.string(), options);
}

}  // namespace gan
