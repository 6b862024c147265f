// How much shared memory a kernel gets without asking for it.
#pragma once

#include <cstddef>

namespace gan {

/// What every kernel may use, static and dynamic shared memory together. Beyond that the dynamic part has to be asked
/// for by name (CUDA C++ Programming Guide, "Shared Memory" of compute capability 8.x); the static part never may.
inline constexpr std::size_t kSharedBytesWithoutAsking = 48 * 1024;

/// Whether a launch has to ask for its dynamic shared memory: what counts is both parts together.
constexpr bool must_ask_for_shared_memory(std::size_t static_bytes, std::size_t dynamic_bytes) {
  return static_bytes + dynamic_bytes > kSharedBytesWithoutAsking;
}

}  // namespace gan
