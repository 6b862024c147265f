// gan_cuda_train: trains a GAN. Reads the command line, calls the engine, prints.
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <new>
#include <string_view>
#include <vector>

#include "engine/device/thread_policy.h"
#include "engine/report/progress.h"
#include "engine/run/train.h"
#include "engine/settings/command_line.h"
#include "engine/settings/help.h"
#include "kernels/core/contract/error.h"

namespace {

enum ExitCode { kDone = 0, kInternalError = 1, kWrongInput = 2, kMachineCannot = 3, kDiverged = 4, kInterrupted = 130 };

std::atomic<int> stop{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may only touch lock-free atomics");

/// The first signal asks the run to save and end; a second one ends the process at once.
extern "C" void handle_signal(int signal) {
  if (stop.exchange(signal) != 0) _exit(kInterrupted);
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
  return result.interrupted ? kInterrupted : kDone;
}

ExitCode run(const std::vector<std::string>& arguments) {
  const gan::CommandLine line = gan::parse_command_line(arguments);
  if (line.help) std::cout << gan::help_text();
  else if (line.version) std::cout << "gan_cuda_train " GAN_VERSION "\n";
  else if (line.print_schedule) std::cout << gan::print_schedule(line.options);
  else if (line.plan) std::cout << gan::print_plan(line.options);
  else return train(line.options);
  return kDone;
}

ExitCode fail(ExitCode code, std::string_view message) {
  std::cerr << fmt::format("gan_cuda_train: error: {}\n", message);
  return code;
}

}  // namespace

int main(int count, char** arguments) {
  gan::sleep_while_waiting(arguments);
  try {
    return run({arguments + 1, arguments + count});
  } catch (const gan::InputError& error) {
    return fail(kWrongInput, error.what());
  } catch (const gan::MachineError& error) {
    return fail(kMachineCannot, error.what());
  } catch (const gan::DivergedError& error) { return fail(kDiverged, error.what()); } catch (const std::bad_alloc&) {
    return fail(kMachineCannot, "out of memory; a smaller --batch, --width or --image-size needs less");
  } catch (const std::exception& error) { return fail(kInternalError, error.what()); }
}
