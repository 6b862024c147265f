// gan_cuda_train: trains a GAN. Reads the command line, calls the engine, prints.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <string_view>

#include "apps/program.h"
#include "engine/report/progress.h"
#include "engine/run/train.h"
#include "engine/settings/training_command_line.h"

namespace {

using gan::ExitCode;

std::atomic<int> stop{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may only touch lock-free atomics");

/// The first signal asks the run to save and end; a second one ends the process at once.
extern "C" void handle_signal(int signal) {
  if (stop.exchange(signal) != 0) _exit(static_cast<int>(ExitCode::Interrupted));
  constexpr std::string_view kMessage = "\nstopping after this iteration, with a checkpoint; once more stops at once\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kMessage.data(), kMessage.size());
}

void handle_signals() {
  struct sigaction action {};
  action.sa_handler = handle_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is then an error like a full disk, with a message
}

ExitCode train(const gan::TrainingOptions& options) {
  handle_signals();
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
