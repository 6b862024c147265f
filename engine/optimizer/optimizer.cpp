#include "engine/optimizer/optimizer.h"

#include <fmt/ranges.h>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

struct Entry {
  const char* name;
  std::unique_ptr<Optimizer> (*make)(const Network&, StorageTable&, const OptimizerOptions&);
};
constexpr Entry kOptimizers[] = {{"adam", make_adam}, {"rmsprop", make_rms_prop}, {"sgd", make_sgd}};

struct NamedSchedule {
  const char* name;
  LearningRateSchedule::Kind kind;
};
constexpr NamedSchedule kSchedules[] = {{"constant", LearningRateSchedule::Kind::Constant},
                                        {"linear", LearningRateSchedule::Kind::Linear},
                                        {"cosine", LearningRateSchedule::Kind::Cosine}};

}  // namespace

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kOptimizers) names.emplace_back(entry.name);
  return names;
}

std::vector<std::string> learning_rate_schedule_names() {
  std::vector<std::string> names;
  for (const NamedSchedule& schedule : kSchedules) names.emplace_back(schedule.name);
  return names;
}

LearningRateSchedule learning_rate_schedule(const std::string& name, std::int64_t iterations) {
  for (const NamedSchedule& schedule : kSchedules)
    if (name == schedule.name) return {.kind = schedule.kind, .iterations = static_cast<std::uint64_t>(iterations)};
  throw Error(fmt::format("there is no learning-rate schedule '{}'; there are {}", name,
                          fmt::join(learning_rate_schedule_names(), ", ")));
}

std::unique_ptr<Optimizer> make_optimizer(const Network& network, StorageTable& table,
                                          const OptimizerOptions& options) {
  for (const Entry& entry : kOptimizers)
    if (options.name == entry.name) return entry.make(network, table, options);
  throw Error(
      fmt::format("there is no optimiser '{}'; there are {}", options.name, fmt::join(optimizer_names(), ", ")));
}

}  // namespace gan
