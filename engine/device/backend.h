// A device as the engine sees it: memory, copies, and an interpreter of instructions.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "engine/program/instruction.h"
#include "kernels/core/contract/precision.h"

namespace gan {

/// Interprets bound instructions (every operand's `data` set) in order. One implementation for the CPU, one for CUDA.
class Backend {
 public:
  virtual ~Backend() = default;

  /// "CPU, 2 threads", "NVIDIA H200"
  virtual std::string description() const = 0;

  /// Memory of the device, aligned to at least 256 bytes. Throws MachineError naming the size if there is not enough.
  virtual void* allocate(std::size_t bytes) = 0;
  /// Gives memory of `allocate` back; null is allowed.
  virtual void release(void* memory) = 0;
  /// Bytes that could be allocated now.
  virtual std::size_t free_memory() const = 0;

  /// Fills `bytes` of device memory with zeros, after everything started before.
  virtual void zero(void* device, std::size_t bytes) = 0;

  /// Copies between host and device memory, after everything started before; return when done.
  virtual void upload(void* device, const void* host, std::size_t bytes) = 0;
  virtual void download(void* host, const void* device, std::size_t bytes) = 0;

  /// Starts one instruction; may return before it is done.
  virtual void run(const Instruction& bound) = 0;
  /// Waits for everything started.
  virtual void synchronize() = 0;

  /// Seconds that the device takes for what `start` starts, by its own clock where it has one.
  virtual double seconds(const std::function<void()>& start) = 0;
  /// Bytes that a cache of the device can keep from one instruction to the next; whoever times instructions on data that
  /// come from memory has to touch more in between. 0: no matter.
  virtual std::size_t cache_bytes() const = 0;

  /// Opens and closes a named range in a profiler's timeline.
  virtual void begin_range(const char* name) = 0;
  virtual void end_range() = 0;
};

/// The CPU with `threads` OpenMP threads. Throws MachineError where the processor does not have the precision.
std::unique_ptr<Backend> make_cpu_backend(int threads, Precision products = Precision::Fp32);

/// The first GPU. Throws MachineError, saying why, when there is none or this build has no CUDA backend.
std::unique_ptr<Backend> make_cuda_backend();

/// Whether make_cuda_backend() would succeed.
bool cuda_available();

/// The device of that name, "cpu" or "cuda"; "auto" takes a GPU if there is one. `threads`: the CPU's; 0: all cores.
/// Throws Error for another name, MachineError where there is no GPU to take, or the device does not have the precision.
std::unique_ptr<Backend> open_device(const std::string& name, int threads, Precision products = Precision::Fp32);

/// `threads`, or all cores for 0.
int thread_count(int threads);

}  // namespace gan
