// gan_cuda_eval: compares sets of images by numbers. Reads the command line, calls the engine, prints.
#include <iostream>

#include "apps/program.h"
#include "apps/stop_signals.h"
#include "engine/evaluation/evaluate.h"
#include "engine/evaluation/evaluation_command_line.h"
#include "engine/report/progress.h"

namespace {

using gan::ExitCode;

std::string evaluate(const gan::TwoSampleOptions& options, gan::Overseer& overseer) {
  return gan::evaluate_two_sample(options, overseer);
}
std::string evaluate(const gan::ParzenOptions& options, gan::Overseer& overseer) {
  return gan::evaluate_parzen(options, overseer);
}

ExitCode run(const std::vector<std::string>& arguments) {
  const gan::EvaluationCommandLine line = gan::parse_evaluation_command_line(arguments);
  if (!line.information.empty()) {
    std::cout << line.information;
    return ExitCode::Done;
  }
  const std::atomic<int>& stop = gan::stop_on_signals("\nstopping; once more stops at once\n");
  gan::ProgressDisplay display(gan::standard_error_output());
  gan::Overseer overseer(display, stop);
  try {
    const std::string text = std::visit([&](const auto& options) { return evaluate(options, overseer); }, line.options);
    display.finish();
    std::cout << text << std::flush;
  } catch (const gan::Interrupted&) {
    display.finish();
    std::cout << "Interrupted; nothing was written\n";
    return ExitCode::Interrupted;
  } catch (...) {
    display.finish();
    throw;
  }
  return ExitCode::Done;
}

}  // namespace

int main(int count, char** arguments) { return gan::run_program("gan_cuda_eval", count, arguments, run); }
