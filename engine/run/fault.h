// Where training went wrong.
#pragma once

#include <cstdint>
#include <string>

#include "engine/run/training_programs.h"

namespace gan {

/// Repeats the iteration whose gradient was not finite, instruction by instruction, and says in one line at which
/// iteration, in which instruction and tensor the first number that is not finite was written. No optimiser has changed
/// the weights since (see FiniteCheck), so the repetition meets the same fault. `iteration` counts from 0.
std::string locate_fault(const TrainingPrograms& programs, Runtime& runtime, std::uint64_t iteration);

}  // namespace gan
