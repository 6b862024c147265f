#include "tests/emulation/async_copy.h"

#include <cstdint>

#include "tests/emulation/block.h"

namespace gan::emulation {

void AsyncCopies::clear() {
  copies_.clear();
  group_ends_.clear();
}

void AsyncCopies::add(const AsyncCopy& copy) { copies_.push_back(copy); }

void AsyncCopies::commit() { group_ends_.push_back(copies_.size()); }

void AsyncCopies::wait(std::size_t may_stay) {
  if (group_ends_.size() <= may_stay) return;
  const std::size_t groups = group_ends_.size() - may_stay;
  const std::size_t finished = group_ends_[groups - 1];
  for (std::size_t i = 0; i < finished; ++i) {
    AsyncCopy copy;
    {
      EmulationScope scope;
      copy = copies_[i];
    }
    // Word by word and outside of the scope: ThreadSanitizer shall see these accesses as the kernel's.
    for (unsigned word = 0; word < copy.words; ++word) copy.to[word] = copy.from ? copy.from[word] : 0u;
  }
  EmulationScope scope;
  copies_.erase(copies_.begin(), copies_.begin() + static_cast<std::ptrdiff_t>(finished));
  group_ends_.erase(group_ends_.begin(), group_ends_.begin() + static_cast<std::ptrdiff_t>(groups));
  for (std::size_t& end : group_ends_) end -= finished;
}

void start_async_copy(void* shared, const void* global, unsigned bytes, bool valid, std::source_location where) {
  const auto fail = [&](const char* what) { current_block->fail("cp.async at " + describe(where) + ": " + what); };
  if (reinterpret_cast<std::uintptr_t>(shared) % bytes != 0 || reinterpret_cast<std::uintptr_t>(global) % bytes != 0)
    fail("an address is not a multiple of the size");
  if (!current_block->is_shared(shared, bytes)) fail("the destination does not lie in shared memory");
  if (valid && current_block->is_shared(global, bytes)) fail("the source lies in shared memory");

  unsigned* const to = static_cast<unsigned*>(shared);
  for (unsigned word = 0; word < bytes / 4; ++word) to[word] = ~0u;  // NaN; ThreadSanitizer sees the store
  EmulationScope scope;
  current_thread->copies.add(
      {.to = to, .from = valid ? static_cast<const unsigned*>(global) : nullptr, .words = bytes / 4});
}

void commit_async_copies() {
  EmulationScope scope;
  current_thread->copies.commit();
}

void wait_for_async_copies(std::size_t groups_that_may_stay) { current_thread->copies.wait(groups_that_may_stay); }

}  // namespace gan::emulation
