// Programs and memory plans as text.
#pragma once

#include <string>

#include "engine/program/memory_plan.h"

namespace gan {

/// The schedule: a line an instruction (phase, instruction, operands with names and shapes, FLOPs, bytes), subtotals a
/// phase, a total.
std::string describe_schedule(const Program& program);

/// The memory plan: persistent storages, then every transient with its place and life, then the totals.
std::string describe_plan(const Program& program, const MemoryPlan& plan);

/// "3.25 GiB", "17.0 MiB", "512 B".
std::string format_bytes(std::size_t bytes);

}  // namespace gan
