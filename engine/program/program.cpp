#include "engine/program/program.h"

#include "kernels/core/contract/error.h"

namespace gan {

Tensor Builder::transient(std::string name, const Shape& shape, DType dtype) {
  return table_.add({.name = std::move(name), .shape = shape, .dtype = dtype, .persistent = false});
}

Tensor Builder::workspace(std::int64_t count) {
  if (count == 0) return {};
  return transient("workspace", {count}, DType::F32);
}

void Builder::append(const Instruction& instruction) {
  require(!program_.phases.empty(), "program '{}': an instruction before the first phase", program_.name);
  program_.steps.push_back({.phase = static_cast<int>(program_.phases.size()) - 1, .instruction = instruction});
}

Cost total_cost(const Program& program) {
  Cost total;
  for (const Step& step : program.steps) total += cost_of(step.instruction);
  return total;
}

}  // namespace gan
