#include "engine/settings/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "engine/settings/nearest_match.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

[[noreturn]] void refuse_unknown(const std::string& argument, const SettingTable& table) {
  if (!argument.starts_with('-') || argument.find_first_not_of('-') == argument.npos)
    throw InputError(fmt::format("unexpected argument '{}'; options start with --, see --help", argument));
  const std::string typed = argument.substr(0, argument.find('='));
  std::vector<std::string> known = {"help", "version"};
  for (const Setting& setting : table) known.emplace_back(setting.name);
  const std::string name = typed.substr(typed.find_first_not_of('-'));
  const std::string hint = did_you_mean(name, known, "--");
  throw InputError(fmt::format("unknown option {}{}", typed, hint.empty() ? "; see --help" : hint));
}

}  // namespace

std::optional<std::string> requested_information(const std::vector<std::string>& arguments,
                                                 const ProgramDescription& program, const SettingTable& table) {
  const auto typed = [&](std::string_view option) {
    return std::find(arguments.begin(), arguments.end(), option) != arguments.end();
  };
  if (typed("--help") || typed("-h")) return help_text(program, table);
  if (typed("--version")) return fmt::format("{} {}\n", program.name, GAN_VERSION);
  return std::nullopt;
}

std::vector<Assignment> read_arguments(const std::vector<std::string>& arguments, const SettingTable& table) {
  std::map<std::string_view, std::string> values;  // CLI11 keeps references to its elements
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  for (const Setting& setting : table) {
    std::string& value = values[setting.name];
    const std::string option = fmt::format("--{}", setting.name);
    (kind_of(setting) == SettingKind::Flag ? app.add_flag(option, value) : app.add_option(option, value))
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 wants them from last to first
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    throw InputError(fmt::format("{}: a value is missing; see --help", text.substr(0, text.find(':'))));
  } catch (const CLI::ParseError& error) { throw InputError(error.what()); }
  std::vector<Assignment> typed;
  for (const auto& [name, value] : values) {
    const std::string option = fmt::format("--{}", name);
    if (app.count(option) == 0) continue;
    // `--config --batch 3`: CLI11 takes the next option for the value; a file of that name is ./--batch.
    if (value.starts_with("--") && values.contains(value.substr(2)))
      throw InputError(fmt::format("{}: a value is missing; see --help", option));
    typed.push_back({.name = std::string(name), .text = value, .where = option});
  }
  if (const std::vector<std::string> unknown = app.remaining(); !unknown.empty())
    refuse_unknown(unknown.front(), table);
  return typed;
}

const std::string* typed_text(const std::vector<Assignment>& typed, std::string_view name) {
  for (const Assignment& assignment : typed)
    if (assignment.name == name) return &assignment.text;
  return nullptr;
}

}  // namespace gan
