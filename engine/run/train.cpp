#include "engine/run/train.h"

#include "engine/program/print.h"
#include "engine/run/run.h"

namespace gan {

namespace {

/// The run's programs, for printing: the data set is loaded only to know its size.
TrainingPrograms programs_for(const TrainingOptions& options) {
  check_options(options);
  const Dataset data = load_training_data(options);
  return TrainingPrograms(options, data.count, data.channels);
}

}  // namespace

TrainingResult train(const TrainingOptions& options, TrainingObserver& observer, const std::atomic<int>& stop) {
  return Run(options, observer, stop).execute();
}

std::string print_schedule(const TrainingOptions& options) {
  const TrainingPrograms programs = programs_for(options);
  std::string text;
  for (const Runtime::ProgramId id : programs.iteration_programs())
    text += (text.empty() ? "" : "\n") + describe_schedule(programs.programs[id]);
  return text;
}

std::string print_plan(const TrainingOptions& options) {
  const TrainingPrograms programs = programs_for(options);
  return describe_plan(programs.iteration(), plan_memory(programs.iteration()));
}

}  // namespace gan
