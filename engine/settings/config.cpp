#include "engine/settings/config.h"

#include <fmt/format.h>

#include <set>
#include <system_error>
#include <vector>

#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "engine/files/descriptor.h"
#include "engine/settings/nearest_match.h"
#include "engine/settings/training_settings.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr std::uintmax_t kLargestFile = 1 << 20;
constexpr std::size_t kLongestLine = 8192;  // so long a dotted key nests no deeper than the stack allows

constexpr std::string_view kNoTables = "tables are not accepted: every setting stands by itself, as 'key = value'";

constexpr std::string_view kHeading =
    "# A run of gan_cuda_train. To repeat it: gan_cuda_train --config THIS_FILE\n"
    "# What the keys mean, with units: gan_cuda_train --help\n";

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

/// The text as a TOML basic string, quotes included.
std::string toml_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += {'\\', c};
    else if (is_control(c)) quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else quoted += c;
  }
  return quoted + "\"";
}

/// The value as TOML: strings in quotes, floats with a point.
std::string toml_value(const Setting& setting) {
  std::string text = value_text(setting);
  switch (kind_of(setting)) {
    case SettingKind::Text:
    case SettingKind::Sides: return toml_string(text);
    case SettingKind::Real: return text.find_first_of(".en") == text.npos ? text + ".0" : text;
    default: return text;
  }
}

/// For messages: at most a few words of the file, nothing that could upset a terminal.
std::string excerpt(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string shown;
  for (const char c : text.substr(0, kLongest)) shown += is_control(c) ? '?' : c;
  return text.size() > kLongest ? shown + "..." : shown;
}

/// Why a line must not reach the parser; empty where it may. toml++ 3.3 relies on promises that foreign bytes do not keep
/// (among them its issues 190 and 295; each of these checks stands for one that fuzzing broke), and it takes tables,
/// quoted keys and strings of several lines, which no setting is.
std::string_view trouble_with(std::string_view line) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  const std::size_t first = line.find_first_not_of(" \t");
  if (first != line.npos && line[first] == '[') return kNoTables;
  char quote = '\0';   // of the string we are in
  char before = '\0';  // the last character that was no blank
  bool in_value = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
      else if (c == '\\' && quote == '"') ++i;
      continue;
    }
    if (c == '#') return {};
    if (is_blank(c)) continue;
    if (static_cast<unsigned char>(c) >= 0x80)
      return "only strings and comments may hold characters that are not ASCII";
    if (in_value && (c == '=' || (before != '=' && is_blank(line[i - 1])))) return "accepted is one value a line";
    if (before == '=' && (c == '[' || c == '{')) return "lists and tables are not accepted";
    if (c == '"' || c == '\'') {
      if (before != '=') return "a string is accepted as the value of a key only";
      if (line.substr(i, 3) == std::string(3, c)) return "multi-line strings are not accepted";
      quote = c;
    }
    in_value = in_value || c == '=';
    before = c;
  }
  return {};
}

/// One line of a config file: a TOML document of its own, so that whatever is wrong with it is wrong in this line.
class ConfigLine {
 public:
  ConfigLine(std::string_view source, int number) : place_(fmt::format("{}, line {}", source, number)) {}

  /// The setting that the line assigns; none for blank lines and comments.
  std::vector<Assignment> read(std::string_view text, const SettingTable& table) const {
    if (text.size() > kLongestLine && !text.starts_with('#'))
      fail(fmt::format("is longer than the {} bytes of a setting", kLongestLine));
    if (const std::string_view trouble = trouble_with(text); !trouble.empty())
      fail(fmt::format("{}, as in '{}'", trouble, excerpt(text)));
    std::vector<Assignment> assignments;
    for (const auto& [key, node] : parsed(text)) {
      const std::string name(key.str());
      if (node.is_table()) fail(fmt::format("{}, as in '{}'", kNoTables, excerpt(text)));
      const SettingKind kind = kind_of(setting_of(name, table));
      if (!fits(node, kind)) fail(fmt::format("{} is {}; accepted is {}", name, words_for(node), words_for(kind)));
      assignments.push_back({.name = name, .text = text_of(node), .where = fmt::format("{}: {}", place_, name)});
    }
    return assignments;
  }

  [[noreturn]] void fail(std::string_view message) const { throw InputError(fmt::format("{}: {}", place_, message)); }

 private:
  toml::table parsed(std::string_view text) const {
    try {
      return toml::parse(text);
    } catch (const toml::parse_error& error) {
      fail(fmt::format("'{}' is not TOML: {}", excerpt(text), excerpt(error.description())));
    }
  }

  const Setting& setting_of(const std::string& key, const SettingTable& table) const {
    const Setting* const setting = table.find(key);
    if (setting == nullptr) {
      std::vector<std::string> known;
      for (const Setting& candidate : table)
        if (candidate.place != SettingPlace::CommandLineOnly) known.emplace_back(candidate.name);
      fail(fmt::format("unknown key '{}'{}", excerpt(key), did_you_mean(key, known)));
    }
    if (setting->place == SettingPlace::CommandLineOnly) fail(key + " is accepted on the command line only");
    return *setting;
  }

  static bool fits(const toml::node& node, SettingKind kind) {
    switch (kind) {
      case SettingKind::Text: return node.is_string();
      case SettingKind::Whole: return node.is_integer();
      case SettingKind::Real: return node.is_number();
      case SettingKind::Flag: return node.is_boolean();
      case SettingKind::Sides: return node.is_integer() || node.is_string();
    }
    return false;
  }

  static std::string_view words_for(SettingKind kind) { return gan::words_for(kind); }
  static std::string_view words_for(const toml::node& node) {
    switch (node.type()) {
      case toml::node_type::string: return "a string";
      case toml::node_type::integer: return "a whole number";
      case toml::node_type::floating_point: return "a number with a point or exponent";
      case toml::node_type::boolean: return "true or false";
      default: return "a date or time";
    }
  }

  /// The value as a user types it.
  static std::string text_of(const toml::node& node) {
    if (node.is_string()) return node.as_string()->get();
    if (node.is_integer()) return fmt::format("{}", node.as_integer()->get());
    if (node.is_floating_point()) return fmt::format("{}", node.as_floating_point()->get());
    return node.as_boolean()->get() ? "true" : "false";
  }

  std::string place_;
};

std::vector<Assignment> read_lines(std::string_view text, std::string_view source, const SettingTable& table) {
  std::vector<Assignment> assignments;
  std::set<std::string> seen;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // the byte order mark some editors write
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (end != text.npos && line.ends_with('\r')) line.remove_suffix(1);
    const ConfigLine reader(source, number);
    for (Assignment& assignment : reader.read(line, table)) {
      if (!seen.insert(assignment.name).second) reader.fail(assignment.name + " stands here a second time");
      assignments.push_back(std::move(assignment));
    }
  }
  return assignments;
}

}  // namespace

std::string to_toml(const SettingTable& table, std::string_view heading) {
  std::string text(heading);
  std::string_view group;
  for (const Setting& setting : table) {
    if (setting.place != SettingPlace::Everywhere) continue;
    if (!setting.alternative_of.empty() && value_text(setting) == "0") continue;
    if (setting.group != group) text += fmt::format("\n# {}\n", setting.group);
    group = setting.group;
    text += fmt::format("{} = {}  # {}\n", setting.name, toml_value(setting), setting.help);
  }
  return text;
}

void apply_toml_text(std::string_view text, std::string_view source, const SettingTable& table) {
  assign(table, read_lines(text, source, table));
}

void apply_toml(const std::filesystem::path& path, const SettingTable& table) {
  std::error_code error;  // a size that is not known is read_file()'s business
  if (const auto size = std::filesystem::file_size(path, error); !error && size > kLargestFile)
    throw InputError(fmt::format("{}: is larger than the 1 MB that a list of settings may have", path.string()));
  const std::vector<std::uint8_t> bytes = read_file(path, kLargestFile);
  apply_toml_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string(), table);
}

std::string to_toml(const TrainingOptions& options) {
  TrainingOptions o = options;
  return to_toml(SettingTable(o, training_settings), kHeading);
}

void apply_toml_text(std::string_view text, std::string_view source, TrainingOptions& options) {
  TrainingOptions changed = options;
  apply_toml_text(text, source, SettingTable(changed, training_settings));
  options = changed;
}

void apply_toml(const std::filesystem::path& path, TrainingOptions& options) {
  TrainingOptions changed = options;
  apply_toml(path, SettingTable(changed, training_settings));
  options = changed;
}

}  // namespace gan
