#include "engine/optimizer/optimizer.h"

#include <fmt/ranges.h>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

struct Entry {
  const char* name;
  std::unique_ptr<Optimizer> (*make)(const Network&, StorageTable&, const OptimizerOptions&);
};
constexpr Entry kOptimizers[] = {{"adam", make_adam}, {"rmsprop", make_rms_prop}};

}  // namespace

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kOptimizers) names.emplace_back(entry.name);
  return names;
}

std::unique_ptr<Optimizer> make_optimizer(const Network& network, StorageTable& table,
                                          const OptimizerOptions& options) {
  for (const Entry& entry : kOptimizers)
    if (options.name == entry.name) return entry.make(network, table, options);
  throw Error(
      fmt::format("there is no optimiser '{}'; there are {}", options.name, fmt::join(optimizer_names(), ", ")));
}

}  // namespace gan
