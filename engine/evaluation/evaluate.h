// The evaluations as gan_cuda_eval runs them: load, compute, write files, say what it means.
#pragma once

#include <string>

#include "engine/evaluation/evaluation_options.h"
#include "engine/evaluation/overseer.h"

namespace gan {

/// Compares the two sets (two_sample.h); writes DIR/result.json and DIR/telling.png; returns what to print. Throws
/// InputError, MachineError, DivergedError and Interrupted; nothing is written then.
std::string evaluate_two_sample(const TwoSampleOptions& options, Overseer& overseer);

/// Estimates the log-likelihood (parzen.h) on pixels in [0, 1]; writes DIR/result.json; returns what to print. Throws the
/// same.
std::string evaluate_parzen(const ParzenOptions& options, Overseer& overseer);

}  // namespace gan
