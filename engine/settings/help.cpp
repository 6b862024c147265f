#include "engine/settings/help.h"

#include <fmt/format.h>

#include <string_view>

#include "engine/settings/settings.h"

namespace gan {

namespace {

constexpr std::size_t kColumns = 100, kIndent = 28;

constexpr std::string_view kOpening = R"(gan_cuda_train: trains a generative adversarial network on images

Usage: gan_cuda_train [options]

A generator G turns random vectors into images, a discriminator D tells them from real ones; each
learns from the other. A run leaves a folder: sample grids, a log, checkpoints, and a config.toml
that repeats it. Ctrl-C saves and says where; a second one stops at once.

Examples:
  gan_cuda_train --data shapes --iterations 2000
      a first try, without any files
  gan_cuda_train --data ~/faces --image-size 64 --channels 3 --flip --minutes 60
      an hour on a folder of photographs
  gan_cuda_train --resume runs/faces-dcgan-1 --epochs 100
      goes on with that run until it has seen the data 100 times
  gan_cuda_train --config runs/faces-dcgan-1/config.toml --d-steps 2 --out runs/two-d-steps
      the same run with one thing changed
)";

constexpr std::string_view kClosing = R"(
What the numbers mean:
  D(x) is how real D finds real images, D(G(z)) how real it finds generated ones (before / after D's
  update): 1 is real, 0 is fake. The loss of D is that of real and fake images together; 1.39, with
  both at 0.5, says that D is guessing. Neither loss falls as in other training: the two players
  hold each other up. Worry when D(G(z)) stays near 0 and the loss of G climbs (D has won: try
  --d-lr smaller) and judge by the sample grids.

Exit codes: 0 done, 1 an error inside the program, 2 wrong input, 3 the machine cannot (no GPU,
memory, disk), 4 training diverged, 130 interrupted with a checkpoint.
)";

/// Appends `text` in lines that start at column kIndent; the first goes on after `line`.
std::string wrapped(std::string line, std::string_view text) {
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

std::string option_lines(const Setting& setting) {
  std::string line = fmt::format("  --{}", setting.name);
  if (!setting.placeholder.empty()) line += fmt::format(" {}", setting.placeholder);
  const std::string standard =
      setting.default_note.empty() ? value_text(setting, TrainingOptions{}) : std::string(setting.default_note);
  return wrapped(line, fmt::format("{} [{}]", setting.help, standard));
}

}  // namespace

std::string help_text() {
  std::string text(kOpening);
  std::string_view group;
  for (const Setting& setting : settings()) {
    if (setting.group != group)
      text += fmt::format("\n{}:{}\n", setting.group, group.empty() ? "  [default in brackets]" : "");
    group = setting.group;
    text += option_lines(setting);
  }
  text += "\nThe program:\n";
  text += wrapped("  --config FILE.toml", "settings from a file, as option = value; the command line wins over it");
  text += wrapped("  --print-schedule", "print the instructions of one iteration with their work, and exit");
  text += wrapped("  --plan", "print the memory plan of one iteration, and exit");
  text += wrapped("  --help, -h", "print this, and exit");
  text += wrapped("  --version", "print the version, and exit");
  return text + std::string(kClosing);
}

}  // namespace gan
