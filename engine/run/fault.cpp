#include "engine/run/fault.h"

#include <cmath>
#include <vector>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// The first element that is not finite, or -1.
std::int64_t first_not_finite(const Tensor& tensor, const Runtime& runtime) {
  const std::vector<float> values = runtime.read<float>(tensor);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i])) return static_cast<std::int64_t>(i);
  return -1;
}

}  // namespace

std::string locate_fault(const TrainingPrograms& programs, Runtime& runtime, std::uint64_t iteration) {
  set_counters(programs, runtime, iteration);
  const Runtime::ProgramId program = programs.program_of(static_cast<std::int64_t>(iteration));
  const Program& iterated = runtime.program(program);
  std::string found;
  runtime.run_stepwise(program, [&](const Step& step) {
    if (!found.empty()) return;
    for_each_operand(step.instruction, [&](const char* operand, const Tensor& tensor, Access access) {
      const bool is_result = access == Access::Write || access == Access::ReadWrite;
      if (!found.empty() || !is_result || tensor.dtype != DType::F32) return;
      if (const std::int64_t at = first_not_finite(tensor, runtime); at >= 0)
        found = fmt::format("in {}, instruction '{}', {} = {} {}, element {}",
                            iterated.phases[static_cast<std::size_t>(step.phase)], name_of(step.instruction), operand,
                            iterated.name_of(tensor), to_string(tensor.shape), at);
    });
  });
  return fmt::format(
      "training diverged at iteration {}: a number that is not finite was first seen {}; try a smaller learning rate",
      iteration + 1,
      found.empty() ? std::string("in a loss or gradient, but not when the iteration was repeated") : found);
}

}  // namespace gan
