#include "tests/ptx/report/workload.h"

#include <fmt/format.h>

#include <cstdint>
#include <set>

#include "engine/device/runtime.h"
#include "engine/run/training_programs.h"

namespace gan::ptx::report {
namespace {

std::string shape_of_result(const gan::Instruction& instruction) {
  std::string text;
  for_each_operand(instruction, [&](const char*, const Tensor& tensor, gan::Access access) {
    if (text.empty() && access != gan::Access::Read) text = to_string(tensor.shape);
  });
  return text;
}

}  // namespace

std::vector<Row> count_iteration(const Workload& workload, u64 clusters) {
  const TrainingOptions& options = workload.options;
  TrainingPrograms programs(options, 8 * options.batch, options.channels);
  Runtime runtime(open_device("cuda", 1), programs.plan());
  Watcher watcher(clusters);
  std::vector<Row> rows;
  std::set<std::string> seen;
  // Initialization is left out: memory starts as zeros, and nothing but indices, which are drawn in the iteration, decides
  // what a kernel does.
  runtime.run_stepwise(kIteration, [&](const Step& step) {
    const std::string instruction = name_of(step.instruction), result = shape_of_result(step.instruction);
    for (CountedLaunch& launch : watcher.take()) {
      const Dim& grid = launch.grid;
      const std::string key =
          fmt::format("{} {} {} {} {} {}", launch.program->name, instruction, result, grid.x, grid.y, grid.z);
      if (instruction.starts_with(workload.prefix) && seen.insert(key).second)
        rows.push_back(
            {.instruction = instruction, .result = result, .cost = cost_of(step.instruction), .launch = launch});
    }
    // What sampled blocks leave is not finite, and Adam would do nothing.
    if (const auto* check = std::get_if<FiniteCheck>(&step.instruction)) {
      const std::uint64_t none = 0;
      runtime.upload(check->fault, &none);
    }
  });
  return rows;
}

}  // namespace gan::ptx::report
