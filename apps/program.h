// What the main() of every program does: hand the arguments over, and say what went wrong.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gan {

/// How a program ends. Interrupted: by a signal, with everything saved.
enum class ExitCode { Done = 0, InternalError = 1, WrongInput = 2, MachineCannot = 3, Diverged = 4, Interrupted = 130 };

/// Calls `body` with the arguments (without the program's name) and returns the process's exit code. An exception
/// becomes one line on standard error, `NAME: error: MESSAGE`, and the code of its kind.
int run_program(std::string_view name, int count, char** arguments,
                const std::function<ExitCode(const std::vector<std::string>&)>& body);

}  // namespace gan
