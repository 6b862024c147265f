// How the CPU's threads wait for each other.
#pragma once

namespace gan {

/// Makes OpenMP's threads spin for some microseconds while they wait, and then sleep, instead of spinning for
/// milliseconds. One parallel loop follows the other within microseconds here, and waking a thread that sleeps takes
/// longer than that: without any spinning an iteration of small layers takes a third more time. Spinning for long pays
/// only on a machine that does nothing else: one busy neighbour on a core, and every parallel loop waits for a thread
/// that a spinning one keeps from running (figures in BENCHMARKS.md). OpenMP's runtime reads its settings when it is
/// loaded, before main(), so the program starts itself once more with OMP_WAIT_POLICY=passive and GOMP_SPINCOUNT set.
/// Does nothing when either is set: whoever set it knows better. To be called first in main(), with its argv.
void spin_briefly(char** argv);

}  // namespace gan
