// Independent pieces of an experiment on all cores.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace gan::theory {

/// Calls body(0) ... body(count - 1), each once, on as many threads as the machine has cores, in no order. Bodies share
/// nothing that any of them changes: results then do not depend on the number of cores. Throws what the first body that
/// failed has thrown, after all have ended.
template <class Body>
void in_parallel(std::size_t count, const Body& body) {
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure;
  std::mutex failing;
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) try {
        body(i);
      } catch (...) {
        const std::lock_guard lock(failing);
        if (!failure) failure = std::current_exception();
      }
  };
  {
    std::vector<std::jthread> threads;
    const std::size_t cores = std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
    for (std::size_t i = 1; i < std::min(cores, count); ++i) threads.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

/// What body(0) ... body(count - 1) return, in their order.
template <class Body>
auto all_of(std::size_t count, const Body& body) {
  std::vector<decltype(body(std::size_t{}))> results(count);
  in_parallel(count, [&](std::size_t i) { results[i] = body(i); });
  return results;
}

}  // namespace gan::theory
