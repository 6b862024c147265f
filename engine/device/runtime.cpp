#include "engine/device/runtime.h"

#include <algorithm>

#include "engine/program/print.h"
#include "kernels/core/contract/error.h"

namespace gan {

PlannedPrograms::PlannedPrograms(const StorageTable& run, std::vector<Program> programs) : run_(&run) {
  for (Program& program : programs) {
    require(program.run == &run, "program '{}' stands over another table", program.name);
    MemoryPlan plan = plan_memory(program);
    programs_.push_back({.program = std::move(program), .plan = std::move(plan)});
  }
}

std::size_t PlannedPrograms::arena_bytes() const {
  std::size_t most = 0;
  for (const Planned& planned : programs_) most = std::max(most, planned.plan.arena_bytes);
  return most;
}

Runtime::Runtime(std::unique_ptr<Backend> backend, PlannedPrograms programs)
    : backend_(std::move(backend)), programs_(std::move(programs)) {
  const std::size_t state_bytes = programs_.persistent_bytes(), arena_bytes = programs_.arena_bytes();
  if (const std::size_t free = backend_->free_memory(); state_bytes + arena_bytes > free)
    throw MachineError(fmt::format("{} has {} of free memory, the plan needs {} ({} persistent, {} arena)",
                                   backend_->description(), format_bytes(free), format_bytes(state_bytes + arena_bytes),
                                   format_bytes(state_bytes), format_bytes(arena_bytes)));
  persistent_ = std::make_unique<DeviceMemory>(*backend_, std::max<std::size_t>(state_bytes, 1));
  arena_ = std::make_unique<DeviceMemory>(*backend_, std::max<std::size_t>(arena_bytes, 1));
  backend_->zero(persistent_->get(), state_bytes);

  std::size_t offset = 0;
  const StorageTable& run = *programs_.run_;
  for (int id = 0; id < run.size(); ++id) {
    run_address_.push_back(persistent_->get() + offset);
    offset += arena_aligned(run[id].bytes());
  }
  for (PlannedPrograms::Planned& planned : programs_.programs_) bind(planned);
}

Runtime::~Runtime() = default;

void Runtime::bind(PlannedPrograms::Planned& planned) {
  Program& program = planned.program;
  std::vector<std::byte*> transient_address(static_cast<std::size_t>(program.transients.size()), nullptr);
  for (const Placement& placement : planned.plan.placements)
    transient_address[static_cast<std::size_t>(placement.storage)] = arena_->get() + placement.offset;
  const auto bind_tensor = [&](Tensor& tensor) {
    const std::vector<std::byte*>& address = tensor.owner == Owner::Run ? run_address_ : transient_address;
    tensor.data = address[static_cast<std::size_t>(tensor.storage)] +
                  static_cast<std::size_t>(tensor.offset) * size_of(tensor.dtype);
  };
  for (Step& step : program.steps)
    for_each_operand(step.instruction, [&](const char*, Tensor& tensor, Access) { bind_tensor(tensor); });
  for (Program::Output& output : program.outputs) bind_tensor(output.tensor);
  if (program.readings.values.present()) bind_tensor(program.readings.values);
}

void* Runtime::address_of(const Tensor& tensor) const {
  if (tensor.data != nullptr) return tensor.data;
  const bool known =
      tensor.owner == Owner::Run && tensor.storage >= 0 && tensor.storage < static_cast<int>(run_address_.size());
  require(known, "a tensor of shape {} lies in no memory of this run", to_string(tensor.shape));
  return run_address_[static_cast<std::size_t>(tensor.storage)] +
         static_cast<std::size_t>(tensor.offset) * size_of(tensor.dtype);
}

void Runtime::run(ProgramId id) {
  const Program& program = this->program(id);
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
  for (const Step& step : program(id).steps) {
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
