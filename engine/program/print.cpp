#include "engine/program/print.h"

#include <fmt/format.h>

#include <array>

namespace gan {

namespace {

std::string operand_list(const Program& program, const Instruction& instruction, bool written) {
  std::string text;
  for_each_operand(instruction, [&](const char*, const Tensor& tensor, Access access) {
    const bool is_written = access == Access::Write || access == Access::ReadWrite;
    if (access == Access::Scratch || is_written != written) return;
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", program.name_of(tensor), to_string(tensor.shape));
    if (access == Access::ReadWrite) text += "+";
  });
  return text;
}

std::string cost_columns(const Cost& cost) {
  return fmt::format("{:>10.3f} {:>10.3f}", static_cast<double>(cost.flops) * 1e-6,
                     static_cast<double>(cost.bytes) * 1e-6);
}

}  // namespace

std::string format_bytes(std::size_t bytes) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.3g} {}", value, kUnits[unit]);
}

std::string describe_schedule(const Program& program) {
  std::string text = fmt::format("program '{}': {} instructions (+ marks what is read and written)\n", program.name,
                                 program.steps.size());
  text += fmt::format("{:>4}  {:<22} {:>10} {:>10}  {}\n", "step", "instruction", "MFLOP", "MB", "writes <- reads");
  Cost phase_cost, total;
  int phase = -1;
  const auto close_phase = [&] {
    if (phase >= 0) text += fmt::format("      {:<22} {}\n", "", cost_columns(phase_cost));
    phase_cost = {};
  };
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const Step& step = program.steps[i];
    if (step.phase != phase) {
      close_phase();
      phase = step.phase;
      text += fmt::format("{}\n", program.phases[static_cast<std::size_t>(phase)]);
    }
    const Cost cost = cost_of(step.instruction);
    phase_cost += cost;
    total += cost;
    text += fmt::format("{:>4}  {:<22} {}  {} <- {}\n", i, name_of(step.instruction), cost_columns(cost),
                        operand_list(program, step.instruction, true), operand_list(program, step.instruction, false));
  }
  close_phase();
  text += fmt::format("total {:<22} {}\n", "", cost_columns(total));
  return text;
}

std::string describe_plan(const Program& program, const MemoryPlan& plan) {
  std::string text = fmt::format("memory plan of program '{}'\npersistent:\n", program.name);
  std::size_t persistent = 0;
  for (int id = 0; id < program.run->size(); ++id) {
    const Storage& storage = (*program.run)[id];
    persistent += storage.bytes();
    text += fmt::format("  {:>10}  {:<34} {} {}\n", format_bytes(storage.bytes()), storage.name, name_of(storage.dtype),
                        to_string(storage.shape));
  }
  text += "transient, in one arena (place, size, first and last step):\n";
  std::size_t sum = 0;
  for (const Placement& p : plan.placements) {
    const Storage& storage = program.transients[p.storage];
    sum += p.bytes;
    text += fmt::format("  @{:<12} {:>10}  {:>4} - {:<4}  {:<34} {} {}\n", p.offset, format_bytes(p.bytes),
                        p.first_step, p.last_step, storage.name, name_of(storage.dtype), to_string(storage.shape));
  }
  text += fmt::format("persistent {}, arena {} (at least {} is alive at once; without reuse {})\ntotal {}\n",
                      format_bytes(persistent), format_bytes(plan.arena_bytes), format_bytes(plan.live_bytes),
                      format_bytes(sum), format_bytes(persistent + plan.arena_bytes));
  return text;
}

}  // namespace gan
