#include "tests/apps/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "kernels/core/contract/error.h"

namespace gan::test {

namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  int read_end = -1, write_end = -1;
  Pipe() {
    int ends[2];
    require(::pipe2(ends, O_CLOEXEC) == 0, "no pipe for the test");
    read_end = ends[0];
    write_end = ends[1];
  }
};

/// This process's environment with no GPU to be seen.
std::vector<std::string> environment_without_gpu() {
  std::vector<std::string> variables = {"CUDA_VISIBLE_DEVICES="};
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (!std::string_view(*variable).starts_with("CUDA_VISIBLE_DEVICES=")) variables.emplace_back(*variable);
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// Appends what can be read now; closes the stream at its end.
void drain(int& stream, std::string& text) {
  std::array<char, 4096> buffer;
  const ssize_t count = ::read(stream, buffer.data(), buffer.size());
  if (count > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  } else if (count == 0 || errno != EINTR) {
    ::close(stream);
    stream = -1;
  }
}

}  // namespace

RunningProgram::RunningProgram(const std::string& program, const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {program}, environment = environment_without_gpu();
  command.insert(command.end(), arguments.begin(), arguments.end());
  const Pipe out, error;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write_end, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, error.write_end, STDERR_FILENO);
  const int failure = posix_spawn(&process_, program.c_str(), &actions, nullptr, pointers(command).data(),
                                  pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(out.write_end);
  ::close(error.write_end);
  out_ = out.read_end;
  error_ = error.read_end;
  require(failure == 0, "{} cannot be started", program);
}

RunningProgram::~RunningProgram() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  if (out_ >= 0) ::close(out_);
  if (error_ >= 0) ::close(error_);
}

void RunningProgram::send(int signal) const { require(::kill(process_, signal) == 0, "the program has gone"); }

bool RunningProgram::has_ended() {
  siginfo_t state{};
  return ::waitid(P_PID, static_cast<id_t>(process_), &state, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         state.si_pid == process_;
}

bool RunningProgram::read_some() {
  constexpr int kTenthOfASecond = 100;
  std::array<pollfd, 2> streams = {{{out_, POLLIN, 0}, {error_, POLLIN, 0}}};
  if (out_ < 0 && error_ < 0) return false;
  ::poll(streams.data(), streams.size(), kTenthOfASecond);
  if (streams[0].revents != 0) drain(out_, result_.out);
  if (streams[1].revents != 0) drain(error_, result_.error);
  return true;
}

bool RunningProgram::wait_for_error(const std::string& text) {
  const auto end = Clock::now() + std::chrono::minutes(1);
  while (result_.error.find(text) == std::string::npos)
    if (Clock::now() > end || !read_some()) return false;
  return true;
}

ProgramResult RunningProgram::finish() {
  const auto end = Clock::now() + std::chrono::minutes(2);
  while (read_some())
    if (Clock::now() > end) ::kill(process_, SIGKILL);
  int status = 0;
  ::waitpid(process_, &status, 0);
  process_ = -1;
  result_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result_;
}

ProgramResult run_program(const std::string& program, const std::vector<std::string>& arguments) {
  return RunningProgram(program, arguments).finish();
}

}  // namespace gan::test
