// SIGINT and SIGTERM as a request to stop.
#pragma once

#include <atomic>
#include <string_view>

namespace gan {

/// From now on the first such signal prints `message` to standard error and makes the returned number non-zero; a second one
/// ends the process at once with ExitCode::Interrupted. A file size limit no longer kills the process: writing then fails
/// with a message, as on a full disk. `message` is a literal.
const std::atomic<int>& stop_on_signals(std::string_view message);

}  // namespace gan
