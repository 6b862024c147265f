// Stands in for the header of the same name where kernels are compiled as C++. The destination is filled with NaN at once
// and copied to as late as allowed, so that a missing wait is seen.
#pragma once

#include "kernels/core/cuda/launch.cuh"

namespace gan {


inline void async_copy_16(void* shared, const void* global, bool valid,
                          emulation::Where where = emulation::Where::current()) {
  emulation::start_async_copy(shared, global, 16, valid, where);
}
inline void async_copy_4(void* shared, const void* global, bool valid,
                         emulation::Where where = emulation::Where::current()) {
  emulation::start_async_copy(shared, global, 4, valid, where);
}
inline void async_copy_commit() { emulation::commit_async_copies(); }
template <int N>
void async_copy_wait() {
  emulation::wait_for_async_copies(N);
}

}  // namespace gan
