#include "engine/settings/help.h"

#include <fmt/format.h>

namespace gan {

namespace {

constexpr std::size_t kColumns = 100, kIndent = 28;
constexpr std::string_view kProgramGroup = "The program";

std::string option_lines(const Setting& setting) {
  std::string line = fmt::format("  --{}", setting.name);
  if (!setting.placeholder.empty()) line += fmt::format(" {}", setting.placeholder);
  std::string_view standard = setting.default_note;
  if (standard.empty() && kind_of(setting) != SettingKind::Flag) standard = setting.default_text;
  return help_entry(line,
                    standard.empty() ? std::string(setting.help) : fmt::format("{} [{}]", setting.help, standard));
}

}  // namespace

std::string help_entry(std::string line, std::string_view text) {
  std::string lines;
  line += line.size() + 1 < kIndent ? std::string(kIndent - line.size(), ' ') : "\n" + std::string(kIndent, ' ');
  if (const std::size_t end = line.find('\n'); end != line.npos) {
    lines = line.substr(0, end + 1);
    line.erase(0, end + 1);
  }
  bool first = true;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size() < text.size() ? word.size() + 1 : word.size());
    if (!first && line.size() + 1 + word.size() > kColumns) {
      lines += line + "\n";
      line = std::string(kIndent, ' ');
      first = true;
    }
    if (!first) line += ' ';
    line += word;
    first = false;
  }
  return lines + line + "\n";
}

std::string help_text(const ProgramDescription& program, const SettingTable& table) {
  std::string text(program.opening);
  std::string_view group;
  const auto head = [&](std::string_view next) {
    if (next != group) text += fmt::format("\n{}:{}\n", next, group.empty() ? "  [default in brackets]" : "");
    group = next;
  };
  for (const Setting& setting : table) {
    head(setting.group);
    text += option_lines(setting);
  }
  head(kProgramGroup);
  text += help_entry("  --help, -h", "print this, and exit");
  text += help_entry("  --version", "print the version, and exit");
  return text + std::string(program.closing);
}

}  // namespace gan
