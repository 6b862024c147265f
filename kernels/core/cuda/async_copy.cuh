// Asynchronous copies from global to shared memory (cp.async, sm_80): they overlap with arithmetic and need no
// register.
//
// A thread starts copies, groups them with async_copy_commit, and waits for its own groups; other threads may read what
// arrived only after a __syncthreads that follows the wait.
#pragma once

#include "kernels/core/cuda/launch.cuh"

namespace gan {

/// Starts a copy of 16 bytes; both addresses are multiples of 16. Without `valid` the destination becomes zero and
/// `global`, still a multiple of 16, is not read.
__device__ __forceinline__ void async_copy_16(void* shared, const void* global, bool valid) {
  const unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  const unsigned source_bytes = valid ? 16 : 0;  // the rest of the 16 is filled with zeros
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(global), "r"(source_bytes) : "memory");
}

/// The same for 4 bytes; both addresses are multiples of 4.
__device__ __forceinline__ void async_copy_4(void* shared, const void* global, bool valid) {
  const unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  const unsigned source_bytes = valid ? 4 : 0;
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(to), "l"(global), "r"(source_bytes) : "memory");
}

/// Makes one group of all copies of this thread since its last commit; without any, an empty group.
__device__ __forceinline__ void async_copy_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

/// Waits until at most the latest N groups of this thread are still under way.
template <int N>
__device__ __forceinline__ void async_copy_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}

}  // namespace gan
