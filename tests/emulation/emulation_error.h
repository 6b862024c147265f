// The error that a kernel's misbehaviour is reported as.
#pragma once

#include "kernels/core/contract/error.h"

namespace gan::emulation {

/// A kernel did what CUDA does not allow, or can never finish. The message names the operation, file:line, the thread
/// and the block.
struct EmulationError : Error {
  using Error::Error;
};

}  // namespace gan::emulation
