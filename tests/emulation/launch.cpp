#include "tests/emulation/launch.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>

#include "tests/emulation/emulation_error.h"

namespace gan::emulation {
namespace {

/// OS threads that stay alive between launches.
class WorkerPool {
 public:
  static WorkerPool& instance() {
    static WorkerPool pool;
    return pool;
  }

  /// Runs `job` on the calling thread and on `helpers` more, and waits for all of them. One caller at a time.
  void run(unsigned helpers, const std::function<void()>& job) {
    const std::lock_guard one_caller(caller_);
    {
      const std::lock_guard lock(mutex_);
      while (threads_.size() < helpers)
        threads_.emplace_back(
            [this, id = static_cast<unsigned>(threads_.size()), seen = generation_] { loop(id, seen); });
      job_ = &job;
      wanted_ = unfinished_ = helpers;
      ++generation_;
      start_.notify_all();
    }
    job();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return unfinished_ == 0; });
  }

  ~WorkerPool() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
      start_.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void loop(unsigned id, unsigned seen) {
    std::unique_lock lock(mutex_);
    for (;;) {
      start_.wait(lock, [&] { return stop_ || (generation_ != seen && id < wanted_); });
      if (stop_) return;
      seen = generation_;
      const std::function<void()>& job = *job_;
      lock.unlock();
      job();
      lock.lock();
      if (--unfinished_ == 0) done_.notify_all();
    }
  }

  std::mutex caller_, mutex_;
  std::condition_variable start_, done_;
  std::vector<std::thread> threads_;
  const std::function<void()>* job_ = nullptr;
  unsigned wanted_ = 0, unfinished_ = 0, generation_ = 0;
  bool stop_ = false;
};

unsigned default_workers() {
  const char* const name = "GAN_EMULATION_WORKERS";
  if (const char* text = std::getenv(name); text != nullptr) {
    char* end = nullptr;
    const long workers = std::strtol(text, &end, 10);
    if (end == text || *end != '\0' || workers < 1 || workers > 1024)
      throw InputError(fmt::format("{}: '{}' is not a number of threads from 1 to 1024", name, text));
    return static_cast<unsigned>(workers);
  }
  const unsigned processors = std::max(1u, std::thread::hardware_concurrency());
  // ThreadSanitizer counts every CUDA thread of every worker twice (Thread::tsan_fibers), and has room for 8128 in all.
  return kThreadSanitizer ? std::min(processors, 3u) : processors;
}

void check(const Grid& grid) {
  const dim3 blocks = grid.blocks, block = grid.block;
  const std::uint64_t threads = std::uint64_t{block.x} * block.y * block.z;
  if (blocks.x > 0x7fffffffu || blocks.y > 65535 || blocks.z > 65535)
    throw EmulationError(fmt::format("launch: a grid of ({},{},{}) blocks; at most (2^31-1,65535,65535) are allowed",
                                     blocks.x, blocks.y, blocks.z));
  if (threads == 0 || threads > kMaxBlockThreads || block.z > 64)
    throw EmulationError(fmt::format("launch: a block of ({},{},{}) threads; 1 to {} are allowed, 64 of them in z",
                                     block.x, block.y, block.z, kMaxBlockThreads));
  if (grid.dynamic_shared_bytes > grid.max_shared_bytes)
    throw EmulationError(fmt::format("launch: {} bytes of dynamic shared memory; {} are allowed",
                                     grid.dynamic_shared_bytes, grid.max_shared_bytes));
  if (current_block != nullptr) throw EmulationError("launch: called by a kernel");
}

}  // namespace

Options& options() {
  static Options instance{.workers = default_workers()};
  return instance;
}

void fail_narrowing(std::size_t argument) {
  throw EmulationError(
      fmt::format("launch: the value of argument {} does not fit into the kernel's parameter", argument));
}

void run_grid(const Grid& grid) {
  check(grid);
  const std::uint64_t blocks = std::uint64_t{grid.blocks.x} * grid.blocks.y * grid.blocks.z;
  const std::uint64_t threads = std::uint64_t{grid.block.x} * grid.block.y * grid.block.z;
  std::uint64_t step = grid.seed != 0 ? grid.seed * 7919ull % blocks | 1 : 1;  // the seed permutes the blocks
  while (std::gcd(step, blocks) != 1) step += 2;

  std::atomic<std::uint64_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;
  const std::function<void()> job = [&] {
    static thread_local Block runner;
    for (std::uint64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < blocks;) {
      const std::uint64_t at = (i * step + grid.seed) % blocks;
      const std::uint64_t row = at / grid.blocks.x;
      try {
        runner.run(grid, {static_cast<unsigned>(at % grid.blocks.x), static_cast<unsigned>(row % grid.blocks.y),
                          static_cast<unsigned>(row / grid.blocks.y)});
      } catch (...) {
        next.store(blocks, std::memory_order_relaxed);
        const std::lock_guard lock(mutex);
        if (!error) error = std::current_exception();
      }
    }
    runner.join();
  };
  constexpr std::uint64_t kWorthWaking = 256;  // threads in all; waking another OS thread takes some 20 us
  const auto helpers = static_cast<unsigned>(std::min<std::uint64_t>(std::max(1u, options().workers), blocks) - 1);
  if (helpers == 0 || blocks * threads < kWorthWaking) job();
  else WorkerPool::instance().run(helpers, job);
  if (error) std::rethrow_exception(error);
}

}  // namespace gan::emulation
