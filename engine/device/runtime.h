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

/// Owns the device memory of a run: one allocation for all persistent storages, one arena that the programs take turns
/// in. After construction nothing is allocated any more.
class Runtime {
 public:
  /// Handle of a bound program.
  using ProgramId = std::size_t;

  /// Plans and binds `programs`. Throws MachineError with the planned sizes if the device has less memory.
  Runtime(std::unique_ptr<Backend> backend, const StorageTable& table, std::vector<Program> programs);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// Runs a program once, in order; may return before the device is done.
  void run(ProgramId id);

  /// Runs a program, calling `after(step)` when each instruction is done: for profiling and for finding faults.
  void run_stepwise(ProgramId id, const std::function<void(const Step& bound)>& after);

  /// Copies between the host and a tensor of the table (persistent, or an output of the program that ran last).
  void upload(const Tensor& tensor, const void* host);
  void download(const Tensor& tensor, void* host) const;

  /// The bound program, its plan, the table it was written over, and the device.
  const Program& program(ProgramId id) const { return programs_[id].program; }
  const MemoryPlan& plan(ProgramId id) const { return programs_[id].plan; }
  const StorageTable& table() const { return table_; }
  Backend& backend() { return *backend_; }

  /// Bytes needed for the given programs and the table's persistent storages, without allocating anything.
  static std::size_t required_bytes(const StorageTable& table, const std::vector<Program>& programs);

 private:
  struct Bound {
    Program program;  ///< operands' `data` set
    MemoryPlan plan;
  };
  void bind(Bound& bound);
  void* address_of(const Tensor& tensor) const;

  std::unique_ptr<Backend> backend_;
  const StorageTable& table_;
  std::vector<Bound> programs_;
  std::vector<std::byte*> storage_address_;  ///< by storage id; null when not placed
  std::byte* persistent_ = nullptr;
  std::byte* arena_ = nullptr;
};

}  // namespace gan
