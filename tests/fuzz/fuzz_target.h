// What every fuzz target in this folder shares.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "kernels/core/contract/error.h"

namespace gan::fuzz {

/// Stops the process, so that the fuzzer keeps the input, unless `condition` holds.
inline void expect(bool condition, const char* promise) {
  if (condition) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

/// Runs a parser on foreign bytes. It may refuse them (InputError) or find the machine too small (MachineError);
/// everything else that it throws is a bug and ends the process.
template <class Parse>
void refuse_or_accept(const Parse& parse) {
  try {
    parse();
  } catch (const InputError&) {
  } catch (const MachineError&) {}
}

}  // namespace gan::fuzz
