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
///   logits.N, loss.N, dlogits.N, mean_sigmoid.N      the N-th loss of the phase, in order
///   gradient/NETWORK.main.0.weight, parameter/..., exp_avg/..., exp_avg_sq/...
///                          at each optimiser step, the last three after it; PyTorch's names and layouts
/// It watches instructions, not schedules, so that every algorithm can be traced.
SafetensorsFile trace_iteration(const Players& players, Runtime& runtime, Runtime::ProgramId iteration);

}  // namespace gan
