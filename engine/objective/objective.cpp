#include "engine/objective/objective.h"

#include <fmt/ranges.h>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

struct Entry {
  const char* name;
  std::unique_ptr<Objective> (*make)(const ObjectiveOptions&);
};
constexpr Entry kObjectives[] = {{"non-saturating", make_non_saturating},
                                 {"minimax", make_minimax},
                                 {"least-squares", make_least_squares},
                                 {"hinge", make_hinge},
                                 {"relativistic", make_relativistic},
                                 {"wgan", make_wgan},
                                 {"wgan-gp", make_wgan_gp}};

}  // namespace

Tensor Objective::gradient_of(Builder& b, const Tensor& logits, const Tensor& into) {
  return into.present() ? into : b.transient("d(" + b.name_of(logits) + ")", logits.shape);
}

std::vector<std::string> objective_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kObjectives) names.emplace_back(entry.name);
  return names;
}

std::unique_ptr<Objective> make_objective(const ObjectiveOptions& options) {
  for (const Entry& entry : kObjectives)
    if (options.name == entry.name) return entry.make(options);
  throw InputError(
      fmt::format("--objective: '{}' is unknown; accepted are {}", options.name, fmt::join(objective_names(), ", ")));
}

}  // namespace gan
