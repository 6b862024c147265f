#include "engine/device/thread_policy.h"

#include <unistd.h>

#include <cstdlib>

namespace gan {

void spin_briefly(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  setenv("OMP_WAIT_POLICY", "passive", 1);
  setenv("GOMP_SPINCOUNT", "1000", 1);  // about 25 microseconds
  execv("/proc/self/exe", argv);  // returns only where it cannot: then the threads spin, which is slower but right
}

}  // namespace gan
