// The clusters of a grid, one after another.

#include <algorithm>
#include <cstring>

#include "tests/ptx/interpreter/block.h"
#include "tests/ptx/interpreter/special.h"

namespace gan::ptx {
namespace {

struct Free {
  void operator()(std::byte* p) const { std::free(p); }
};
using Bytes = std::unique_ptr<std::byte[], Free>;

Bytes allocate(std::size_t align, std::size_t bytes) {
  return Bytes(static_cast<std::byte*>(std::aligned_alloc(align, (bytes / align + 1) * align)));
}

/// A cluster and all that its threads own, used again for every cluster of the grid.
class ClusterMemory {
 public:
  ClusterMemory(const Launch& launch, const RunOptions& options)
      : launch_(launch), options_(options), params_(launch.params) {
    cluster_.races = options.races, cluster_.observer = options.observer;
    cluster_.blocks.resize(launch.cluster_blocks);
    for (Block& block : cluster_.blocks) set_up(block);
  }

  void run(u64 number) {
    for (Block& block : cluster_.blocks) start(block, number * cluster_.blocks.size() + block.rank);
    if (cluster_.races != nullptr) cluster_.races->begin_cluster(cluster_);
    run_cluster(cluster_, options_.order);
  }

  const Statistics& statistics() const { return cluster_.statistics; }

 private:
  void set_up(Block& block) {
    const Program& program = *launch_.program;
    const u64 threads = launch_.block.volume();
    const std::size_t warps = (threads + kLanes - 1) / kLanes;
    block.launch = &launch_, block.program = &program, block.cluster = &cluster_;
    block.rank = static_cast<u32>(&block - cluster_.blocks.data());
    block.shared_bytes = static_cast<u32>(program.shared_bytes + launch_.dynamic_shared);
    shared_.push_back(allocate(1024, block.shared_bytes));
    block.shared = shared_.back().get();
    block.params = params_.data();
    registers_.push_back(allocate(64, warps * program.register_bytes));
    std::memset(registers_.back().get(), 0xff, warps * program.register_bytes);
    local_.push_back(allocate(16, warps * kLanes * program.local_bytes));
    block.warps.resize(warps);
    for (std::size_t i = 0; i < warps; ++i) {
      Warp& warp = block.warps[i];
      warp.block = &block, warp.program = &program, warp.index = static_cast<u32>(i);
      warp.watched = cluster_.races || cluster_.observer ? &cluster_ : nullptr;
      warp.base[0] = registers_.back().get() + i * program.register_bytes;
      warp.base[1] = const_cast<std::byte*>(program.pool.data());
      warp.local = local_.back().get() + i * kLanes * program.local_bytes;
      const u64 left = threads - i * kLanes;
      warp.born = left >= kLanes ? kAllLanes : (Mask{1} << left) - 1;
    }
  }

  /// What nobody has written yet is NaN: shared and local memory, not the registers, which PTX has nvcc initialise.
  void start(Block& block, u64 index) {
    const Dim& grid = launch_.grid;
    const Program& program = *launch_.program;
    block.x = static_cast<u32>(index % grid.x), block.y = static_cast<u32>(index / grid.x % grid.y);
    block.z = static_cast<u32>(index / grid.x / grid.y);
    std::memset(block.shared, 0xff, block.shared_bytes);
    std::memset(block.warps.front().local, 0xff, block.warps.size() * kLanes * program.local_bytes);
    block.barriers = {};
    block.async.reset(), block.wgmma_log.clear();
    for (Warp& warp : block.warps) {
      warp.live = warp.born;
      warp.ready.clear(), warp.collective.clear(), warp.waiting.clear(), warp.copies.clear(), warp.wgmmas.clear();
      warp.committed = {};
      warp.accumulators.clear(), warp.wgmma_groups = warp.wgmma_count = 0, warp.wgmma_fenced = false;
      warp.registers = 0;
      warp.cluster_arrived = warp.cluster_passed = 0;
      if (options_.order == Order::kTogether) warp.ready.push_back({0, warp.born});
      else
        for (Mask m = warp.born; m != 0; m &= m - 1) warp.ready.push_back({0, m & -m});
      for (const Program::Special& s : program.specials) fill_special(warp, s);
    }
  }

  const Launch& launch_;
  const RunOptions& options_;
  std::vector<std::byte> params_;
  Cluster cluster_;
  std::vector<Bytes> registers_, shared_, local_;
};

}  // namespace

Statistics run(const Launch& launch, const RunOptions& options) {
  if (options.races != nullptr) options.races->begin_launch(launch.dependent);
  ClusterMemory memory(launch, options);
  const u64 clusters = launch.grid.volume() / launch.cluster_blocks;
  const u64 sampled = options.sampled_clusters == 0 ? clusters : std::min(options.sampled_clusters, clusters);
  for (u64 i = 0; i < sampled; ++i) memory.run(sampled == 1 ? 0 : i * (clusters - 1) / (sampled - 1));
  Statistics statistics = memory.statistics();
  statistics.clusters = sampled;
  return statistics;
}

}  // namespace gan::ptx
