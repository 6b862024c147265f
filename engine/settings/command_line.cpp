#include "engine/settings/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "engine/files/run_folder.h"
#include "engine/settings/config.h"
#include "engine/settings/nearest_match.h"
#include "engine/settings/settings.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr double kDefaultEpochs = 20;

/// The options as typed: name without dashes -> value, the last one of each.
using TypedOptions = std::map<std::string, std::string, std::less<>>;

[[noreturn]] void refuse_unknown(const std::string& argument) {
  if (!argument.starts_with('-') || argument.find_first_not_of('-') == argument.npos)
    throw InputError(fmt::format("unexpected argument '{}'; options start with --, see --help", argument));
  const std::string typed = argument.substr(0, argument.find('='));
  std::vector<std::string> known = {"config", "print-schedule", "plan", "help", "version"};
  for (const Setting& setting : settings()) known.emplace_back(setting.name);
  const std::string name = typed.substr(typed.find_first_not_of('-'));
  const std::string hint = did_you_mean(name, known, "--");
  throw InputError(fmt::format("unknown option {}{}", typed, hint.empty() ? "; see --help" : hint));
}

/// Splits the arguments into options and values; what the values mean is not looked at.
TypedOptions typed_options(const std::vector<std::string>& arguments) {
  std::map<std::string, std::string> values;  // CLI11 keeps references to its elements
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  const auto add = [&](const std::string& name, bool is_flag) {
    std::string& value = values[name];
    CLI::Option* option = is_flag ? app.add_flag("--" + name, value) : app.add_option("--" + name, value);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  };
  for (const Setting& setting : settings()) add(std::string(setting.name), kind(setting) == SettingKind::Flag);
  add("config", false);
  add("print-schedule", true);
  add("plan", true);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 wants them from last to first
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    throw InputError(fmt::format("{}: a value is missing; see --help", text.substr(0, text.find(':'))));
  } catch (const CLI::ParseError& error) { throw InputError(error.what()); }
  TypedOptions typed;
  for (const auto& [name, value] : values) {
    if (app.count("--" + name) == 0) continue;
    // `--config --batch 3`: CLI11 takes the next option for the value; a file of that name is ./--batch.
    if (value.starts_with("--") && values.contains(value.substr(2)))
      throw InputError(fmt::format("--{}: a value is missing; see --help", name));
    typed[name] = value;
  }
  if (const std::vector<std::string> unknown = app.remaining(); !unknown.empty()) refuse_unknown(unknown.front());
  return typed;
}

void apply_typed(const TypedOptions& typed, TrainingOptions& options) {
  for (const auto& [name, value] : typed)
    if (is_length(name)) clear_length(options);
  // In the table's order, so that --g-lr refines --lr wherever the two stand.
  for (const Setting& setting : settings())
    if (const auto found = typed.find(setting.name); found != typed.end()) try {
        set_value(setting, found->second, options);
      } catch (const InputError& error) { throw InputError(fmt::format("--{}: {}", setting.name, error.what())); }
}

bool has_length(const TrainingOptions& o) { return o.iterations != 0 || o.epochs != 0 || o.minutes != 0; }

TrainingOptions options_from(const TypedOptions& typed) {
  TrainingOptions options;
  if (const auto resume = typed.find("resume"); resume != typed.end()) {
    if (resume->second.empty()) throw InputError("--resume: is empty; accepted is the folder of a run");
    apply_toml(RunFolder::open(resume->second).config(), options);
  }
  if (const auto config = typed.find("config"); config != typed.end()) apply_toml(config->second, options);
  apply_typed(typed, options);
  const bool length_typed =
      std::any_of(typed.begin(), typed.end(), [](const auto& option) { return is_length(option.first); });
  if (!length_typed && !has_length(options)) options.epochs = kDefaultEpochs;
  return options;
}

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
  CommandLine line;
  for (const std::string& argument : arguments) {
    line.help |= argument == "--help" || argument == "-h";
    line.version |= argument == "--version";
  }
  if (line.help || line.version) return line;
  const TypedOptions typed = typed_options(arguments);
  const auto is_set = [&](std::string_view flag) {
    const auto found = typed.find(flag);
    return found != typed.end() && found->second == "true";
  };
  line.print_schedule = is_set("print-schedule");
  line.plan = is_set("plan");
  line.options = options_from(typed);
  check_options(line.options);
  return line;
}

}  // namespace gan
