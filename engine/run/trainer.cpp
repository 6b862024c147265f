#include "engine/run/trainer.h"

#include "engine/program/print.h"
#include "engine/run/run.h"

namespace gan {

namespace {

/// The run's programs, for printing: the data set is loaded only to know its size.
Workshop workshop_for(const TrainingOptions& options) {
  check_options(options);
  const Dataset data = load_training_data(options, thread_count(options));
  return Workshop(options, data.count, data.channels);
}

}  // namespace

TrainingResult train(const TrainingOptions& options, TrainingObserver& observer, const std::atomic<int>& stop) {
  return Run(options, observer, stop).execute();
}

std::string print_schedule(const TrainingOptions& options) {
  const Workshop shop = workshop_for(options);
  return describe_schedule(shop.iteration, shop.table);
}

std::string print_plan(const TrainingOptions& options) {
  const Workshop shop = workshop_for(options);
  return describe_plan(shop.iteration, plan_memory(shop.iteration, shop.table), shop.table);
}

}  // namespace gan
