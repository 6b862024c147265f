// Programs bound to the memory of a device.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/device/backend.h"
#include "engine/program/memory_plan.h"

namespace gan {

/// The programs of a run with their plans, before any memory is taken.
class PlannedPrograms {
 public:
  /// All `programs` stand over `run`, which outlives the object.
  PlannedPrograms(const StorageTable& run, std::vector<Program> programs);

  std::size_t persistent_bytes() const { return aligned_bytes(*run_); }
  /// Of the one arena that the programs take turns in.
  std::size_t arena_bytes() const;
  std::size_t total_bytes() const { return persistent_bytes() + arena_bytes(); }

 private:
  friend class Runtime;
  struct Planned {
    Program program;
    MemoryPlan plan;
  };
  const StorageTable* run_;
  std::vector<Planned> programs_;
};

/// Memory of a device; given back when it goes.
class DeviceMemory {
 public:
  DeviceMemory(Backend& backend, std::size_t bytes)
      : backend_(backend), memory_(static_cast<std::byte*>(backend.allocate(bytes))) {}
  ~DeviceMemory() { backend_.release(memory_); }
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  std::byte* get() const { return memory_; }

 private:
  Backend& backend_;
  std::byte* memory_;
};

/// Owns the device memory of a run: one allocation for all persistent storages, which starts as zeros, and one arena that
/// the programs take turns in. After construction nothing is allocated any more.
class Runtime {
 public:
  /// Handle of a bound program: its place among the planned ones.
  using ProgramId = std::size_t;

  /// Binds the programs. Throws MachineError with the planned sizes if the device has less memory.
  Runtime(std::unique_ptr<Backend> backend, PlannedPrograms programs);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// Runs a program once, in order; may return before the device is done.
  void run(ProgramId id);

  /// Runs a program, calling `after(step)` when each instruction is done: for profiling and for finding faults.
  void run_stepwise(ProgramId id, const std::function<void(const Step& bound)>& after);

  /// Copies between the host and a tensor: one of the run's, or one of a program's as an operand of a bound step, as an
  /// output or as the readings of program() has it, valid until another program runs.
  void upload(const Tensor& tensor, const void* host);
  void download(const Tensor& tensor, void* host) const;
  /// The elements of a tensor of that type.
  template <class T>
  std::vector<T> read(const Tensor& tensor) const {
    std::vector<T> values(static_cast<std::size_t>(tensor.count()));
    download(tensor, values.data());
    return values;
  }

  /// The bound program, whose operands, outputs and readings have `data` set; its plan; the device.
  const Program& program(ProgramId id) const { return programs_.programs_[id].program; }
  const MemoryPlan& plan(ProgramId id) const { return programs_.programs_[id].plan; }
  Backend& backend() { return *backend_; }
  std::size_t total_bytes() const { return programs_.total_bytes(); }

 private:
  void bind(PlannedPrograms::Planned& planned);
  void* address_of(const Tensor& tensor) const;

  std::unique_ptr<Backend> backend_;
  PlannedPrograms programs_;
  std::vector<std::byte*> run_address_;  ///< of the run's storages
  std::unique_ptr<DeviceMemory> persistent_, arena_;
};

}  // namespace gan
