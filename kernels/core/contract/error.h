// The three ways things go wrong, and the check that raises the first.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace gan {

/// A broken promise inside the program: a bug. Exit code 1.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The user's input is wrong: the message says which option or file, where in it, and what is accepted. Exit code 2.
struct InputError : Error {
  using Error::Error;
};

/// The machine cannot: no GPU, not enough memory, a full disk. The message says what was needed. Exit code 3.
struct MachineError : Error {
  using Error::Error;
};

/// Training produced a number that is not finite. The message says at which iteration, in which instruction and tensor
/// it was first seen. Exit code 4.
struct DivergedError : Error {
  using Error::Error;
};

/// Throws `Error` with the formatted message unless `condition` holds. For contracts between parts of the program.
template <class... Arguments>
void require(bool condition, fmt::format_string<Arguments...> message, Arguments&&... arguments) {
  if (!condition) throw Error(fmt::format(message, std::forward<Arguments>(arguments)...));
}

}  // namespace gan
