// Independent items on the CPU's threads, with errors.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>

#include "kernels/core/cpu/parallel.h"

namespace gan {

/// Calls `body(i)` for every i in [0, count) on up to `threads` threads; items are handed out in order, so uneven ones
/// balance. When a call throws, no further items begin, and the exception of the smallest i that threw is rethrown: all
/// smaller items have run, so which error is reported does not depend on timing.
template <class Body>
void for_each_index(std::int64_t count, int threads, const Body& body) {
  std::atomic<std::int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;  // an exception must not leave an OpenMP region
  std::int64_t error_index = count;
  parallel_for(threads, 1, threads, [&](std::int64_t, std::int64_t) {
    for (std::int64_t i; (i = next.fetch_add(1)) < count;) {
      try {
        body(i);
      } catch (...) {
        next = count;
        const std::lock_guard lock(mutex);
        if (i < error_index) {
          error_index = i;
          error = std::current_exception();
        }
      }
    }
  });
  if (error) std::rethrow_exception(error);
}

}  // namespace gan
