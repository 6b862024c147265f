#include "engine/theory/run_experiments.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <system_error>

#include "engine/files/atomic_file.h"
#include "engine/theory/experiment.h"
#include "kernels/core/contract/error.h"

namespace gan::theory {

namespace {

const Experiment& experiment_of(const std::string& name) {
  const std::vector<Experiment>& all = experiments();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Experiment& e) { return e.name == name; });
  require(found != all.end(), "there is no experiment '{}'", name);
  return *found;
}

std::filesystem::path make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw InputError(fmt::format("--out: cannot make the folder '{}': {}", path.string(), error.message()));
  return path;
}

std::string described(const Measurement& m) {
  return fmt::format("  {}  {}: {:.4g} in [{:.4g}, {:.4g}]\n", m.holds() ? "holds" : "FAILS", m.name, m.value, m.low,
                     m.high);
}

}  // namespace

bool run_experiments(const TheoryOptions& o, const std::function<void(const std::string&)>& tell) {
  bool all_hold = true;
  for (const std::string& name : o.names) {
    const Experiment& experiment = experiment_of(name);
    tell(fmt::format("{}: {}\n", name, experiment.summary));
    const auto start = std::chrono::steady_clock::now();
    const Result result = experiment.run({.seed = o.seed, .quick = o.quick});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const std::filesystem::path folder = make_folder(o.out / name);
    for (const Picture& picture : result.pictures) write_atomically(folder / (picture.name + ".svg"), picture.svg);
    for (const Measurement& m : result.measurements) tell(described(m));
    tell(fmt::format("  {:.1f} s\n", seconds));
    all_hold = all_hold && result.holds();
  }
  return all_hold;
}

}  // namespace gan::theory
