// Training runs, and what can be said of one without running it.
#pragma once

#include <atomic>
#include <string>

#include "engine/run/observer.h"
#include "engine/settings/options.h"

namespace gan {

/// Trains. `stop` becoming non-zero ends the run after the current iteration, with a checkpoint. Throws InputError,
/// MachineError, and DivergedError on a loss or gradient that is not finite: the last good checkpoint stays.
TrainingResult train(const TrainingOptions& options, TrainingObserver& observer, const std::atomic<int>& stop);

/// The schedule of one iteration, as text. Nothing is trained; the data set is loaded to know how large it is.
std::string print_schedule(const TrainingOptions& options);

/// The memory plan of one iteration, as text.
std::string print_plan(const TrainingOptions& options);

}  // namespace gan
