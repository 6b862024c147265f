// The functional model of cp.async: asynchronous copies from global to shared memory.
//
// The destination is undefined until the copy is waited for: it is filled with NaN at once, and copied as late as
// allowed. A missing wait therefore reads NaN, and a source that changes too early is seen changed.
#pragma once

#include <cstddef>
#include <source_location>
#include <vector>

namespace gan::emulation {

struct AsyncCopy {
  unsigned* to;
  const unsigned* from;  ///< null: zeros
  unsigned words;        ///< of 4 bytes
};

/// What one thread has under way: copies in groups, oldest first.
class AsyncCopies {
 public:
  void clear();
  void add(const AsyncCopy& copy);
  void commit();
  /// Completes all groups but the latest `may_stay`.
  void wait(std::size_t may_stay);

 private:
  std::vector<AsyncCopy> copies_;
  std::vector<std::size_t> group_ends_;  ///< copies_.size() at each commit
};

/// Starts the copy of `bytes` (4 or 16) for the running thread; without `valid` the destination becomes zero and
/// `global` is not read.
void start_async_copy(void* shared, const void* global, unsigned bytes, bool valid, std::source_location where);
void commit_async_copies();
void wait_for_async_copies(std::size_t groups_that_may_stay);

}  // namespace gan::emulation
