// The software GPU behind the CUDA runtime's functions: modules, kernels, memory, launches, the error it is in.
#pragma once

#include <driver_types.h>
#include <vector_types.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/ptx/interpreter/module.h"
#include "tests/ptx/interpreter/race_detector.h"
#include "tests/ptx/runtime/software_gpu.h"

namespace gan::ptx::runtime {

constexpr std::size_t kSharedWithoutAsking = 48 * 1024;
constexpr std::size_t kSharedOptIn = 227 * 1024;

struct Kernel {
  std::string name;
  ptx::LoadedModule* module = nullptr;
  std::size_t asked_shared = 0;  ///< cudaFuncAttributeMaxDynamicSharedMemorySize
};

/// How many threads a kernel is started with, and what they share.
struct LaunchShape {
  dim3 grid, block;
  std::size_t dynamic_shared = 0;
  unsigned cluster_blocks = 1;  ///< in x
  bool dependent = false;       ///< programmatic stream serialization
};

class Device {
 public:
  static Device& instance();

  /// Module of a fat binary; null, and a message, if it cannot be read.
  ptx::LoadedModule* load(const void* fat_binary);
  void unload(ptx::LoadedModule* module);
  void add_kernel(const void* host, const char* name, ptx::LoadedModule* module);
  void add_variable(const void* host, const char* name, ptx::LoadedModule* module);
  Kernel* kernel(const void* host_or_handle);
  std::pair<void*, std::size_t> variable(const void* host) const;

  cudaError_t allocate(void** memory, std::size_t bytes);
  cudaError_t release(void* memory);
  cudaError_t copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind);
  cudaError_t fill(void* to, int value, std::size_t bytes);
  std::size_t total_memory() const { return total_; }
  std::size_t free_memory() const { return total_ - used_; }
  /// 80 or 90: what the device says it is, and the PTX it takes.
  int capability() const { return capability_; }
  const std::vector<std::unique_ptr<ptx::LoadedModule>>& modules() const { return modules_; }

  /// Checks a launch as CUDA does and packs its arguments into `launch`.
  cudaError_t prepare(Kernel* kernel, const LaunchShape& shape, void** arguments, ptx::Launch& launch);
  /// Runs a prepared launch. What goes wrong in the kernel is a sticky error, as on hardware.
  cudaError_t execute(const ptx::Launch& launch);
  /// See software_gpu.h.
  void watch(LaunchWatcher* watcher) { watcher_ = watcher; }
  /// cudaDeviceReset: errors are forgotten. Memory stays: nobody here frees it and goes on using it.
  void reset();
  /// The last message, and none from then on.
  std::string take_complaint() { return std::exchange(complaint_, {}); }

  /// Remembers an error for cudaGetLastError and gives it back.
  cudaError_t report(cudaError_t error);
  /// An error of an earlier kernel stays, as it does on hardware.
  cudaError_t sticky() const { return sticky_; }
  cudaError_t take_last();
  cudaError_t peek_last() const { return sticky_ != cudaSuccess ? sticky_ : last_; }

 private:
  Device();
  ~Device();
  void complain(const std::string& text);
  bool on_device(const void* memory, std::size_t bytes) const;

  struct Count {
    ptx::Statistics statistics;
    double seconds = 0;
    int launches = 0;
  };
  std::recursive_mutex mutex_;
  std::vector<std::unique_ptr<ptx::LoadedModule>> modules_;
  std::map<const void*, std::unique_ptr<Kernel>> kernels_;
  std::map<const void*, std::pair<void*, std::size_t>> variables_;
  std::map<void*, std::size_t> allocations_;
  std::map<std::string, Count> counts_;
  std::size_t total_ = std::size_t{8} << 30, used_ = 0;
  ptx::Order order_ = ptx::Order::kTogether;
  int capability_ = 90;
  ptx::RaceDetector races_;
  bool look_for_races_ = true;
  LaunchWatcher* watcher_ = nullptr;
  bool statistics_ = false;
  std::string complaint_;
  cudaError_t sticky_ = cudaSuccess, last_ = cudaSuccess;
};

}  // namespace gan::ptx::runtime
