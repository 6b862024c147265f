// A grid to run, and how.
#pragma once

#include <vector>

#include "tests/ptx/interpreter/fault.h"
#include "tests/ptx/interpreter/program.h"

namespace gan::ptx {

struct Dim {
  u32 x = 1, y = 1, z = 1;
  u64 volume() const { return u64{x} * y * z; }
};

struct Launch {
  const Program* program = nullptr;
  Dim grid, block;
  std::size_t dynamic_shared = 0;
  std::vector<std::byte> params;
};

/// In which order lanes of a warp and warps of a block take turns; results of a correct kernel do not depend on it.
enum class Order { kTogether, kForward, kBackward };

struct Statistics {
  u64 warp_instructions = 0, thread_instructions = 0;
};

/// Runs a grid to its end. Throws Fault, naming kernel, block, thread and PTX line.
Statistics run(const Launch& launch, Order order, int os_threads);

}  // namespace gan::ptx
