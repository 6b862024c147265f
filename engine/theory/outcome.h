// An experiment that was done.
#pragma once

#include <span>
#include <string>

#include "engine/theory/experiment.h"

namespace gan::theory {

struct Outcome {
  std::string name;  ///< of the experiment
  Conditions conditions;
  Result result;
  double seconds = 0;  ///< that it took
};

/// An experiment and what came out, for a reader; both have to outlive it.
struct Chapter {
  const Experiment& experiment;
  const Outcome& outcome;
};

/// The band of a measurement in words: "at most 0.02", "from 0.9 to 1", "8", "any number".
std::string band_text(const Measurement& measurement);

}  // namespace gan::theory
