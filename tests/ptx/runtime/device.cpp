#include "tests/ptx/runtime/device.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>

#include "tests/ptx/runtime/fat_binary.h"
#include "tests/ptx/runtime/software_gpu.h"

namespace gan::ptx::runtime {
namespace {

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// Space around allocations that belongs to none, so that what runs over an end meets it.
constexpr std::size_t kGuard = 256;

}  // namespace

Device& Device::instance() {
  static Device* const device = new Device;  // outlives everything that is unregistered at exit
  return *device;
}

Device::Device() {
  const std::string order = setting("SOFTWARE_GPU_ORDER"), memory = setting("SOFTWARE_GPU_MEMORY");
  if (order == "forward") order_ = ptx::Order::kForward;
  if (order == "backward") order_ = ptx::Order::kBackward;
  look_for_races_ = setting("SOFTWARE_GPU_RACES") != "ignored";
  if (!memory.empty()) total_ = std::strtoull(memory.c_str(), nullptr, 10);
  if (const std::string capability = setting("SOFTWARE_GPU_CAPABILITY"); !capability.empty())
    capability_ = std::atoi(capability.c_str());
  statistics_ = !setting("SOFTWARE_GPU_STATISTICS").empty();
  if (statistics_)
    std::atexit([] {
      ptx::u64 all = 0;
      double seconds = 0;
      for (const auto& [name, c] : instance().counts_) {
        std::fprintf(stderr, "%10.3f s %6d launches %12.3f M thread instructions %6.1f lanes %7.0f M/s  %.110s\n",
                     c.seconds, c.launches, double(c.statistics.thread_instructions) * 1e-6,
                     double(c.statistics.thread_instructions) / double(c.statistics.warp_instructions),
                     double(c.statistics.thread_instructions) * 1e-6 / c.seconds, name.c_str());
        all += c.statistics.thread_instructions, seconds += c.seconds;
      }
      std::fprintf(stderr, "all: %.3f M thread instructions, %.3f s, %.0f M/s\n", double(all) * 1e-6, seconds,
                   double(all) * 1e-6 / seconds);
    });
}

std::vector<std::string> instruction_forms() {
  std::set<std::string> all;
  for (const auto& module : Device::instance().modules()) {
    for (const std::string& name : module->kernel_names()) module->kernel(name);
    all.merge(module->instruction_forms());
  }
  return {all.begin(), all.end()};
}

ptx::LoadedModule* Device::load(const void* fat_binary) {
  const std::lock_guard lock(mutex_);
  try {
    const std::vector<std::string> texts = ptx_texts(fat_binary, capability_);
    if (texts.empty()) throw std::runtime_error("a fat binary without PTX for sm_" + std::to_string(capability_));
    modules_.push_back(std::make_unique<ptx::LoadedModule>(texts[0]));
    return modules_.back().get();
  } catch (const std::exception& e) {
    complain(e.what());
    return nullptr;
  }
}

void Device::unload(ptx::LoadedModule*) {}  // the process ends

void Device::add_kernel(const void* host, const char* name, ptx::LoadedModule* module) {
  const std::lock_guard lock(mutex_);
  kernels_[host] = std::make_unique<Kernel>(Kernel{name, module, 0});
}

void Device::add_variable(const void* host, const char* name, ptx::LoadedModule* module) {
  const std::lock_guard lock(mutex_);
  if (module) variables_[host] = module->variable(name);
}

Kernel* Device::kernel(const void* key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = kernels_.find(key); found != kernels_.end()) return found->second.get();
  for (const auto& [host, k] : kernels_)
    if (k.get() == key) return k.get();
  return nullptr;
}

std::pair<void*, std::size_t> Device::variable(const void* host) const {
  const auto found = variables_.find(host);
  return found == variables_.end() ? std::pair<void*, std::size_t>{nullptr, 0} : found->second;
}

cudaError_t Device::allocate(void** memory, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (memory == nullptr) return cudaErrorInvalidValue;
  *memory = nullptr;
  if (bytes == 0) return cudaSuccess;
  const std::size_t rounded = (bytes + 255) / 256 * 256;
  if (rounded > free_memory()) return cudaErrorMemoryAllocation;
  auto* at = static_cast<std::byte*>(std::aligned_alloc(256, rounded + 2 * kGuard));
  if (at == nullptr) return cudaErrorMemoryAllocation;
  std::memset(at, 0xff, rounded + 2 * kGuard);
  *memory = at + kGuard;
  allocations_[*memory] = rounded;
  used_ += rounded;
  ptx::Memory::instance().add(*memory, bytes);
  return cudaSuccess;
}

cudaError_t Device::release(void* memory) {
  const std::lock_guard lock(mutex_);
  if (memory == nullptr) return cudaSuccess;
  const auto found = allocations_.find(memory);
  if (found == allocations_.end()) return cudaErrorInvalidValue;
  ptx::Memory::instance().remove(memory);
  used_ -= found->second;
  std::free(static_cast<std::byte*>(memory) - kGuard);
  allocations_.erase(found);
  return cudaSuccess;
}

bool Device::on_device(const void* memory, std::size_t bytes) const {
  const auto at = reinterpret_cast<ptx::u64>(memory);
  const ptx::Memory::Region r = ptx::Memory::instance().find(at);
  return r.bytes > 0 && at - r.base + bytes <= r.bytes;
}

cudaError_t Device::copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  if (bytes == 0) return cudaSuccess;
  const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  if (kind != cudaMemcpyDefault && (to_device != on_device(to, bytes) || from_device != on_device(from, bytes))) {
    complain("a copy of " + std::to_string(bytes) + " bytes whose direction or bounds are wrong");
    return cudaErrorInvalidValue;
  }
  std::memmove(to, from, bytes);
  return cudaSuccess;
}

cudaError_t Device::fill(void* to, int value, std::size_t bytes) {
  if (bytes == 0) return cudaSuccess;
  if (!on_device(to, bytes)) return cudaErrorInvalidValue;
  std::memset(to, value, bytes);
  return cudaSuccess;
}

cudaError_t Device::report(cudaError_t error) {
  if (error != cudaSuccess) last_ = error;
  return error;
}

cudaError_t Device::take_last() {
  const cudaError_t error = peek_last();
  last_ = cudaSuccess;
  return error;
}

cudaError_t Device::prepare(Kernel* kernel, const LaunchShape& shape, void** arguments, ptx::Launch& launch) {
  const std::lock_guard lock(mutex_);
  if (sticky_ != cudaSuccess) return sticky_;
  if (kernel == nullptr || kernel->module == nullptr) return cudaErrorInvalidDeviceFunction;
  const auto [grid, block, dynamic_shared, asked_cluster, dependent] = shape;
  const ptx::u64 threads = ptx::u64{block.x} * block.y * block.z;
  if (threads == 0 || threads > 1024 || block.z > 64 || grid.x == 0 || grid.y == 0 || grid.z == 0 ||
      grid.x > 0x7fffffff || grid.y > 65535 || grid.z > 65535)
    return cudaErrorInvalidConfiguration;
  try {
    launch.program = kernel->module->kernel(kernel->name);
  } catch (const ptx::SyntaxError& e) {
    complain(kernel->name + ": " + e.what());
    return cudaErrorInvalidPtx;
  }
  if (launch.program == nullptr) return cudaErrorInvalidDeviceFunction;
  const ptx::Program& program = *launch.program;
  if (program.max_threads != 0 && threads > program.max_threads) {
    complain(kernel->name + ": " + std::to_string(threads) + " threads, launch bounds for " +
             std::to_string(program.max_threads));
    return cudaErrorInvalidValue;
  }
  const std::size_t fixed = program.shared_bytes;
  const std::size_t without_asking = kSharedWithoutAsking - std::min(fixed, kSharedWithoutAsking);
  if (dynamic_shared > std::max(kernel->asked_shared, without_asking)) {
    complain(kernel->name + ": " + std::to_string(fixed) + " + " + std::to_string(dynamic_shared) +
             " bytes of shared memory without asking");
    return cudaErrorInvalidValue;
  }
  launch.cluster_blocks = std::max({asked_cluster, program.cluster_blocks, 1u});
  if (program.cluster_blocks != 0 && asked_cluster > 1 && asked_cluster != program.cluster_blocks)
    return cudaErrorInvalidClusterSize;
  if (launch.cluster_blocks > kMostClusterBlocks || grid.x % launch.cluster_blocks != 0) {
    complain(kernel->name + ": a grid of " + std::to_string(grid.x) + " blocks in clusters of " +
             std::to_string(launch.cluster_blocks));
    return cudaErrorInvalidClusterSize;
  }
  launch.grid = {grid.x, grid.y, grid.z};
  launch.block = {block.x, block.y, block.z};
  launch.dynamic_shared = dynamic_shared;
  launch.dependent = dependent;
  launch.params.resize(program.param_bytes);
  for (std::size_t i = 0; i < program.params.size(); ++i)
    std::memcpy(launch.params.data() + program.params[i].offset, arguments[i], program.params[i].bytes);
  return cudaSuccess;
}

cudaError_t Device::execute(const ptx::Launch& launch) {
  const std::lock_guard lock(mutex_);
  if (sticky_ != cudaSuccess) return sticky_;
  const auto start = std::chrono::steady_clock::now();
  try {
    ptx::RunOptions options{.order = order_, .races = look_for_races_ && watcher_ == nullptr ? &races_ : nullptr};
    if (watcher_ != nullptr) {
      const auto [observer, sampled_clusters] = watcher_->begins(launch);
      options.observer = observer, options.sampled_clusters = sampled_clusters;
    }
    const ptx::Statistics s = ptx::run(launch, options);
    if (watcher_ != nullptr) watcher_->ended(launch, s);
    if (statistics_) {
      Count& c = counts_[launch.program->name];
      c.statistics.warp_instructions += s.warp_instructions, c.statistics.thread_instructions += s.thread_instructions;
      c.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      ++c.launches;
    }
  } catch (const ptx::Fault& f) {
    using Kind = ptx::Fault::Kind;
    sticky_ = f.kind == Kind::kIllegalAddress ? cudaErrorIllegalAddress
              : f.kind == Kind::kMisaligned   ? cudaErrorMisalignedAddress
              : f.kind == Kind::kDeadlock     ? cudaErrorLaunchTimeout
              : f.kind == Kind::kAssert       ? cudaErrorAssert
                                              : cudaErrorLaunchFailure;
    complain(f.what());
  }
  return cudaSuccess;  // a kernel's own error is found by whoever synchronizes
}

void Device::reset() {
  const std::lock_guard lock(mutex_);
  sticky_ = last_ = cudaSuccess;
}

void Device::complain(const std::string& text) {
  complaint_ = text;
  std::fprintf(stderr, "software GPU: %s\n", text.c_str());
}

void watch_launches(LaunchWatcher* watcher) { Device::instance().watch(watcher); }

std::string take_complaint() { return Device::instance().take_complaint(); }

}  // namespace gan::ptx::runtime
