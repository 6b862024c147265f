// How the CPU's threads wait for each other.
#pragma once

namespace gan {

/// Makes OpenMP's threads sleep while they wait, instead of spinning for milliseconds. Spinning pays only on a machine
/// that does nothing else: one busy neighbour on a core, and every parallel loop waits for a thread that a spinning one
/// keeps from running. OpenMP's runtime reads its settings when it is loaded, before main(), so the program starts
/// itself once more with OMP_WAIT_POLICY=passive. Does nothing when OMP_WAIT_POLICY or GOMP_SPINCOUNT is set: whoever
/// set it knows better. To be called first in main(), with its argv.
void sleep_while_waiting(char** argv);

}  // namespace gan
