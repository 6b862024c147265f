#include "engine/theory/theory_command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/settings/command_line.h"
#include "engine/settings/nearest_match.h"
#include "engine/theory/experiment.h"
#include "kernels/core/contract/error.h"

namespace gan::theory {

namespace {

constexpr std::string_view kWhat = "What to do";

constexpr std::string_view kOpening = R"(gan_cuda_theory: the theory of GANs as experiments

Usage: gan_cuda_theory NAME... [options]
       gan_cuda_theory all --out DIR
       gan_cuda_theory                    lists the experiments

Every claim is tried with this program's own engine on small networks. It becomes numbers with bands
that they have to lie in, and pictures. DIR/index.html explains all that were done, DIR/NAME holds
result.json and the pictures of one.

Examples:
  gan_cuda_theory all --out theory
      everything, on one page: some minutes on two cores
  gan_cuda_theory figure-1 k-steps --seed 7
      two of them, from other random numbers
)";

constexpr std::string_view kClosing = R"(
Exit codes: 0 all numbers lie in their bands, 1 one does not, or an error inside the program, 2 wrong
input, 3 the machine cannot (memory, disk), 130 interrupted.
)";

constexpr ProgramDescription kProgram{.name = "gan_cuda_theory", .opening = kOpening, .closing = kClosing};

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const Experiment& experiment : experiments()) names.push_back(experiment.name);
  return names;
}

/// The names that were typed, in the order of the page, each once.
std::vector<std::string> chosen_names(const std::vector<std::string>& typed) {
  std::vector<std::string> known = all_names();
  for (const std::string& name : typed) {
    if (name == "all" || std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw InputError(fmt::format("'{}': there is no such experiment{}; accepted are all, {}", name,
                                 did_you_mean(name, known), fmt::join(known, ", ")));
  }
  if (std::find(typed.begin(), typed.end(), "all") != typed.end()) return known;
  std::erase_if(known,
                [&](const std::string& name) { return std::find(typed.begin(), typed.end(), name) == typed.end(); });
  return known;
}

}  // namespace

std::vector<Setting> theory_settings(TheoryOptions& o) {
  return {
      {.name = "out",
       .group = kWhat,
       .placeholder = "DIR",
       .help = "folder of the page; files that are there are replaced",
       .value = &o.out},
      {.name = "seed",
       .group = kWhat,
       .placeholder = "N",
       .help = "of every random number; experiments of several seeds take N and those after it",
       .value = &o.seed,
       .accepted = WholeRange{0, 1'000'000'000}},
      {.name = "quick",
       .group = kWhat,
       .placeholder = "",
       .help = "fewer steps, fewer seeds, for a first look; the bands are the same",
       .value = &o.quick},
      {.name = "png",
       .group = kWhat,
       .placeholder = "",
       .help = "write every picture as PNG beside the SVG",
       .value = &o.png},
      {.name = "markdown",
       .group = kWhat,
       .placeholder = "FILE",
       .help = "write claim, number and picture of each as Markdown, too, with the pictures in a folder beside it",
       .value = &o.markdown,
       .default_note = "not written"},
  };
}

TheoryCommandLine parse_theory_command_line(const std::vector<std::string>& arguments) {
  TheoryCommandLine line;
  const SettingTable table(line.options, theory_settings);
  if (const auto information = requested_information(arguments, kProgram, table)) {
    line.information = *information;
    return line;
  }
  const auto options =
      std::find_if(arguments.begin(), arguments.end(), [](const std::string& a) { return a.starts_with('-'); });
  assign(table, read_arguments({options, arguments.end()}, table));
  check_values(table);
  line.options.names = chosen_names({arguments.begin(), options});
  return line;
}

std::string list_experiments() {
  std::size_t widest = 0;
  for (const Experiment& experiment : experiments()) widest = std::max(widest, experiment.name.size());
  std::string text =
      "The theory of GANs as experiments; `gan_cuda_theory all --out DIR` does them all, --help says more.\n\n";
  for (const Experiment& experiment : experiments())
    text += fmt::format("  {:<{}}  {}\n", experiment.name, widest, experiment.summary);
  return text;
}

}  // namespace gan::theory
