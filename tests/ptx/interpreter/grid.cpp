// The blocks of a grid, one after another or on several OS threads.

#include <atomic>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>

#include "tests/ptx/interpreter/block.h"
#include "tests/ptx/interpreter/special.h"

namespace gan::ptx {
namespace {

/// What one OS thread needs to run blocks, one after another.
class Worker {
 public:
  Worker(const Launch& launch, Order order) : launch_(launch), program_(*launch.program), order_(order) {
    const u64 threads = launch.block.volume();
    const std::size_t warps = (threads + kLanes - 1) / kLanes;
    block_.launch = &launch;
    block_.program = &program_;
    block_.shared_bytes = static_cast<u32>(program_.shared_bytes + launch.dynamic_shared);
    registers_.reset(static_cast<std::byte*>(std::aligned_alloc(64, warps * program_.register_bytes + 64)));
    std::memset(registers_.get(), 0xff, warps * program_.register_bytes);
    shared_.reset(static_cast<std::byte*>(std::aligned_alloc(1024, (block_.shared_bytes / 1024 + 1) * 1024)));
    local_.resize(warps * kLanes * program_.local_bytes);
    block_.shared = shared_.get();
    params_ = launch.params;
    block_.params = params_.data();
    block_.warps.resize(warps);
    for (std::size_t i = 0; i < warps; ++i) {
      Warp& warp = block_.warps[i];
      warp.block = &block_;
      warp.program = &program_;
      warp.index = static_cast<u32>(i);
      warp.base[0] = registers_.get() + i * program_.register_bytes;
      warp.base[1] = const_cast<std::byte*>(program_.pool.data());
      warp.local = local_.data() + i * kLanes * program_.local_bytes;
      const u64 left = threads - i * kLanes;
      warp.born = left >= kLanes ? kAllLanes : (Mask{1} << left) - 1;
    }
  }

  void run(u64 index) {
    const Dim& grid = launch_.grid;
    block_.x = static_cast<u32>(index % grid.x), block_.y = static_cast<u32>(index / grid.x % grid.y),
    block_.z = static_cast<u32>(index / grid.x / grid.y);
    std::memset(block_.shared, 0xff, block_.shared_bytes);
    std::fill(local_.begin(), local_.end(), std::byte{0xff});
    block_.barriers = {};
    block_.async.reset(), block_.wgmma_log.clear();
    for (Warp& warp : block_.warps) {
      warp.live = warp.born;
      warp.ready.clear(), warp.collective.clear(), warp.waiting.clear(), warp.copies.clear(), warp.wgmmas.clear();
      warp.committed = {};
      warp.accumulators.clear(), warp.wgmma_groups = warp.wgmma_count = 0, warp.wgmma_fenced = false;
      if (order_ == Order::kTogether) warp.ready.push_back({0, warp.born});
      else
        for (Mask m = warp.born; m != 0; m &= m - 1) warp.ready.push_back({0, m & -m});
      for (const Program::Special& s : program_.specials) fill_special(warp, s);
    }
    run_block(block_, order_);
  }

  const Statistics& statistics() const { return block_.statistics; }

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  const Launch& launch_;
  const Program& program_;
  Order order_;
  Block block_;
  std::unique_ptr<std::byte[], Free> registers_, shared_;
  std::vector<std::byte> local_, params_;
};

}  // namespace

Statistics run(const Launch& launch, Order order, int os_threads) {
  const u64 blocks = launch.grid.volume();
  std::atomic<u64> next{0};
  std::mutex mutex;
  std::optional<Fault> fault;
  Statistics total;
  const auto work = [&] {
    Worker worker(launch, order);
    try {
      for (u64 i; (i = next++) < blocks;) worker.run(i);
    } catch (const Fault& f) {
      const std::lock_guard lock(mutex);
      if (!fault) fault = f;
      next = blocks;
    }
    const std::lock_guard lock(mutex);
    total.warp_instructions += worker.statistics().warp_instructions;
    total.thread_instructions += worker.statistics().thread_instructions;
  };
  std::vector<std::thread> others;
  for (u64 i = 1; i < std::min<u64>(blocks, static_cast<u64>(std::max(os_threads, 1))); ++i) others.emplace_back(work);
  work();
  for (std::thread& t : others) t.join();
  if (fault) throw *fault;
  return total;
}

}  // namespace gan::ptx
