// A recording of iterations for verification: what was drawn, what came out, and what each update did.
#pragma once

#include <filesystem>
#include <string>

#include "engine/algorithm/players.h"
#include "engine/device/runtime.h"
#include "engine/files/safetensors.h"

namespace gan {

/// Runs one iteration instruction by instruction and records, under "PHASE/NAME" (PHASE as in the schedule):
///   x                      the real batch as fed (N, C, H, W)
///   z, and every other random draw
///   logits.N, loss.N, dlogits.N, and mean_sigmoid.N where it has one      the N-th loss of the phase, in order
///   gradient/NETWORK.main.0.weight, parameter/..., and the optimiser's states (exp_avg/..., exp_avg_sq/...)
///                          at each optimiser step, all but the first after it; PyTorch's names and layouts
/// It watches instructions, not schedules: what has logits and a loss is a loss, what moves a parameter by a gradient is an
/// update. An algorithm made of such instructions needs nothing here.
SafetensorsFile trace_iteration(const Players& players, Runtime& runtime, Runtime::ProgramId iteration);

}  // namespace gan
