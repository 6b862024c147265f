// gan_cuda_theory: the theory of GANs as experiments. Reads the command line, calls the engine, prints.
#include <iostream>

#include "apps/program.h"
#include "engine/theory/run_experiments.h"

namespace {

using gan::ExitCode;

ExitCode run(const std::vector<std::string>& arguments) {
  const gan::theory::TheoryCommandLine line = gan::theory::parse_theory_command_line(arguments);
  if (!line.information.empty()) {
    std::cout << line.information;
    return ExitCode::Done;
  }
  if (line.options.names.empty()) {
    std::cout << gan::theory::list_experiments();
    return ExitCode::Done;
  }
  const bool all_hold =
      gan::theory::run_experiments(line.options, [](const std::string& text) { std::cout << text << std::flush; });
  std::cout << (all_hold ? "Every number lies in its band.\n" : "A number lies outside its band: see FAILS above.\n");
  return all_hold ? ExitCode::Done : ExitCode::InternalError;
}

}  // namespace

int main(int count, char** arguments) { return gan::run_program("gan_cuda_theory", count, arguments, run); }
