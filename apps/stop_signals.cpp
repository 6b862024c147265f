#include "apps/stop_signals.h"

#include <unistd.h>

#include <csignal>

#include "apps/program.h"

namespace gan {

namespace {

std::atomic<int> stop{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may only touch lock-free atomics");
std::string_view first_message;  // set before the handler is

extern "C" void handle_signal(int signal) {
  if (stop.exchange(signal) != 0) _exit(static_cast<int>(ExitCode::Interrupted));
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, first_message.data(), first_message.size());
}

}  // namespace

const std::atomic<int>& stop_on_signals(std::string_view message) {
  first_message = message;
  struct sigaction action {};
  action.sa_handler = handle_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);
  return stop;
}

}  // namespace gan
