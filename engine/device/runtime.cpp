#include "engine/device/runtime.h"

#include <algorithm>

#include "engine/program/print.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

std::size_t aligned(std::size_t bytes) { return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment; }

std::size_t persistent_bytes(const StorageTable& table) {
  std::size_t total = 0;
  for (int id = 0; id < table.size(); ++id)
    if (table[id].persistent) total += aligned(table[id].bytes());
  return total;
}

}  // namespace

Runtime::Runtime(std::unique_ptr<Backend> backend, const StorageTable& table, std::vector<Program> programs)
    : backend_(std::move(backend)), table_(table), storage_address_(static_cast<std::size_t>(table.size()), nullptr) {
  std::size_t arena_bytes = 0;
  for (Program& program : programs) {
    MemoryPlan plan = plan_memory(program, table);
    arena_bytes = std::max(arena_bytes, plan.arena_bytes);
    programs_.push_back({.program = std::move(program), .plan = std::move(plan)});
  }
  const std::size_t state_bytes = persistent_bytes(table);
  if (const std::size_t free = backend_->free_memory(); state_bytes + arena_bytes > free)
    throw MachineError(fmt::format("{} has {} of free memory, the plan needs {} ({} persistent, {} arena)",
                                   backend_->description(), format_bytes(free), format_bytes(state_bytes + arena_bytes),
                                   format_bytes(state_bytes), format_bytes(arena_bytes)));
  persistent_ = static_cast<std::byte*>(backend_->allocate(std::max<std::size_t>(state_bytes, 1)));
  arena_ = static_cast<std::byte*>(backend_->allocate(std::max<std::size_t>(arena_bytes, 1)));

  std::size_t offset = 0;
  for (int id = 0; id < table.size(); ++id) {
    if (!table[id].persistent) continue;
    storage_address_[static_cast<std::size_t>(id)] = persistent_ + offset;
    offset += aligned(table[id].bytes());
  }
  for (Bound& bound : programs_) bind(bound);
}

Runtime::~Runtime() {
  backend_->release(arena_);
  backend_->release(persistent_);
}

std::size_t Runtime::required_bytes(const StorageTable& table, const std::vector<Program>& programs) {
  std::size_t arena = 0;
  for (const Program& program : programs) arena = std::max(arena, plan_memory(program, table).arena_bytes);
  return persistent_bytes(table) + arena;
}

void Runtime::bind(Bound& bound) {
  for (const Placement& placement : bound.plan.placements)
    storage_address_[static_cast<std::size_t>(placement.storage)] = arena_ + placement.offset;
  for (Step& step : bound.program.steps)
    for_each_operand(step.instruction, [&](const char*, Tensor& tensor, Access) { tensor.data = address_of(tensor); });
}

void* Runtime::address_of(const Tensor& tensor) const {
  std::byte* base = tensor.storage >= 0 ? storage_address_[static_cast<std::size_t>(tensor.storage)] : nullptr;
  require(base != nullptr, "a tensor of shape {} lies in no memory of this run", to_string(tensor.shape));
  return base + static_cast<std::size_t>(tensor.offset) * size_of(tensor.dtype);
}

void Runtime::run(ProgramId id) {
  const Program& program = programs_[id].program;
  int phase = -1;
  for (const Step& step : program.steps) {
    if (step.phase != phase) {
      if (phase >= 0) backend_->end_range();
      phase = step.phase;
      backend_->begin_range(program.phases[static_cast<std::size_t>(phase)].c_str());
    }
    backend_->run(step.instruction);
  }
  if (phase >= 0) backend_->end_range();
}

void Runtime::run_stepwise(ProgramId id, const std::function<void(const Step& bound)>& after) {
  for (const Step& step : programs_[id].program.steps) {
    backend_->run(step.instruction);
    backend_->synchronize();
    after(step);
  }
}

void Runtime::upload(const Tensor& tensor, const void* host) {
  backend_->upload(address_of(tensor), host, tensor.bytes());
}

void Runtime::download(const Tensor& tensor, void* host) const {
  backend_->download(host, address_of(tensor), tensor.bytes());
}

}  // namespace gan
