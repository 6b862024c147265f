// gan_cuda_sample: draws images with a trained generator. Reads the command line, calls the engine, prints.
#include <iostream>

#include "apps/program.h"
#include "apps/stop_signals.h"
#include "engine/report/sample_display.h"
#include "engine/sample/sample_command_line.h"

namespace {

using gan::ExitCode;

ExitCode draw(const gan::SampleOptions& options) {
  const std::atomic<int>& stop = gan::stop_on_signals("\nstopping after this batch; once more stops at once\n");
  gan::SampleDisplay display(gan::standard_error_output());
  gan::SampleResult result;
  try {
    result = gan::draw_samples(options, display, stop);
  } catch (...) {
    display.finish();
    throw;
  }
  display.finish();
  std::cout << gan::describe_samples(result) << std::flush;
  return result.interrupted ? ExitCode::Interrupted : ExitCode::Done;
}

ExitCode run(const std::vector<std::string>& arguments) {
  const gan::SampleCommandLine line = gan::parse_sample_command_line(arguments);
  if (line.information.empty()) return draw(line.options);
  std::cout << line.information;
  return ExitCode::Done;
}

}  // namespace

int main(int count, char** arguments) { return gan::run_program("gan_cuda_sample", count, arguments, run); }
