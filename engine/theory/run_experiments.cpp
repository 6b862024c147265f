#include "engine/theory/run_experiments.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "engine/files/atomic_file.h"
#include "engine/plot/svg_to_png.h"
#include "engine/theory/markdown.h"
#include "engine/theory/page.h"
#include "engine/theory/result_json.h"
#include "kernels/core/contract/error.h"

namespace gan::theory {

namespace {

const Experiment& experiment_of(const std::string& name) {
  const std::vector<Experiment>& all = experiments();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Experiment& e) { return e.name == name; });
  require(found != all.end(), "there is no experiment '{}'", name);
  return *found;
}

Outcome outcome_of(const Experiment& experiment, const Conditions& conditions) {
  const auto start = std::chrono::steady_clock::now();
  Outcome outcome{.name = experiment.name, .conditions = conditions, .result = experiment.run(conditions)};
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return outcome;
}

std::string described(const Outcome& outcome) {
  std::string text;
  for (const Measurement& m : outcome.result.measurements)
    text +=
        fmt::format("  {}  {}: {:.4g}, expected {}\n", m.holds() ? "holds" : "FAILS", m.name, m.value, band_text(m));
  return text + fmt::format("  {:.1f} s\n", outcome.seconds);
}

/// What has been done into that folder, now or before, in the order of the page.
std::vector<Outcome> outcomes_in(const std::filesystem::path& folder) {
  std::vector<Outcome> outcomes;
  for (const Experiment& experiment : experiments())
    if (has_outcome(folder / experiment.name)) outcomes.push_back(read_outcome(folder / experiment.name));
  return outcomes;
}

/// The page, and beside the Markdown the pictures it shows, in a folder of its name.
void write_accounts(const TheoryOptions& o) {
  const std::vector<Outcome> outcomes = outcomes_in(o.out);
  std::vector<Chapter> chapters;
  chapters.reserve(outcomes.size());
  for (const Outcome& outcome : outcomes) chapters.push_back({experiment_of(outcome.name), outcome});
  write_theory_page(o.out / "index.html", chapters);
  if (o.markdown.empty()) return;
  const std::filesystem::path pictures = o.markdown.parent_path() / o.markdown.stem();
  for (const Outcome& outcome : outcomes) write_outcome(pictures / outcome.name, outcome);
  write_theory_markdown(o.markdown, chapters, o.markdown.stem().string() + "/");
}

}  // namespace

bool run_experiments(const TheoryOptions& o, const std::function<void(const std::string&)>& tell) {
  if (o.png && !plot::can_draw_png())
    throw MachineError("--png: this program was built without librsvg; without it the pictures are SVG files");
  bool all_hold = true;
  for (const std::string& name : o.names) {
    const Experiment& experiment = experiment_of(name);
    tell(fmt::format("{}: {}\n", name, experiment.summary));
    const Outcome outcome = outcome_of(experiment, {.seed = o.seed, .quick = o.quick});
    write_outcome(o.out / name, outcome);
    if (o.png)
      for (const Picture& picture : outcome.result.pictures) {
        const std::vector<std::byte> png = plot::svg_to_png(picture.svg);
        write_atomically(o.out / name / (picture.name + ".png"), [&](FileWriter& writer) { writer.write(png); });
      }
    tell(described(outcome));
    all_hold = all_hold && outcome.result.holds();
  }
  write_accounts(o);
  tell(fmt::format("page  {}\n", (o.out / "index.html").string()));
  return all_hold;
}

}  // namespace gan::theory
