// gan_cuda_train: trains a GAN. Reads the command line, calls the engine, prints.
#include <iostream>

#include "apps/program.h"
#include "apps/stop_signals.h"
#include "engine/report/progress.h"
#include "engine/run/train.h"
#include "engine/settings/training_command_line.h"

namespace {

using gan::ExitCode;

ExitCode train(const gan::TrainingOptions& options) {
  const std::atomic<int>& stop =
      gan::stop_on_signals("\nstopping after this iteration, with a checkpoint; once more stops at once\n");
  gan::ProgressDisplay display(gan::standard_error_output());
  gan::TrainingResult result;
  try {
    result = gan::train(options, display, stop);
  } catch (...) {
    display.finish();
    throw;
  }
  display.finish();
  std::cout << gan::describe_result(result) << std::flush;
  return result.interrupted ? ExitCode::Interrupted : ExitCode::Done;
}

ExitCode run(const std::vector<std::string>& arguments) {
  const gan::TrainingCommandLine line = gan::parse_training_command_line(arguments);
  if (!line.information.empty()) std::cout << line.information;
  else if (line.print_schedule) std::cout << gan::print_schedule(line.options);
  else if (line.plan) std::cout << gan::print_plan(line.options);
  else return train(line.options);
  return ExitCode::Done;
}

}  // namespace

int main(int count, char** arguments) { return gan::run_program("gan_cuda_train", count, arguments, run); }
