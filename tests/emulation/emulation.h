// CUDA on the CPU: what kernel files get in place of kernels/core/cuda/launch.cuh when a plain C++ compiler reads them.
//
// A functional emulation for tests. Real barriers, shuffles and shared memory; threads in several orders; shared memory
// born as NaN; divergence is an error with file and line, never a hang. Blind to performance, to missing fences
// (accesses are sequentially consistent), and to races between points where threads wait, except under ThreadSanitizer.
#pragma once

#include "tests/emulation/emulation_error.h"
#include "tests/emulation/launch.h"

/// A shared array or scalar of the block: GAN_SHARED(float, tile, [8][32]);
#define GAN_SHARED(type, name, ...)                                              \
  static constinit thread_local ::gan::emulation::SharedSlot name##_shared_slot; \
  auto& name = ::gan::emulation::shared_variable<type __VA_ARGS__>(name##_shared_slot)

namespace gan::emulation {

template <class T>
T& shared_variable(SharedSlot& slot) {
  static_assert(std::is_trivially_destructible_v<T>, "shared memory is never destroyed");
  constexpr std::size_t kAlignment = alignof(T) > 16 ? alignof(T) : 16;
  return *static_cast<T*>(current_block->shared_variable(slot, sizeof(T), kAlignment));
}

}  // namespace gan::emulation

#include "tests/emulation/intrinsics.h"
