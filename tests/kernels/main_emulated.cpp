// The test program over the emulation. GAN_EMULATION_SEEDS=N runs only the first N thread orders (the race detector
// does not depend on them).
#define CATCH_CONFIG_RUNNER
#include <cstdlib>

#include "tests/emulation/emulation.h"
#include "tests/support/instruction_test.h"

namespace gan::test {

bool emulated() { return true; }

void for_each_thread_order(const std::function<void()>& body) {
  const char* limit = std::getenv("GAN_EMULATION_SEEDS");
  const unsigned seeds = limit ? static_cast<unsigned>(std::atoi(limit)) : 4;
  for (unsigned seed = 0; seed < seeds; ++seed) {
    INFO("thread order " << seed);
    emulation::options().seed = seed;
    body();
  }
  emulation::options().seed = 0;
}

}  // namespace gan::test

int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
