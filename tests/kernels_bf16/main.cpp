// The CPU's products of bf16 factors. On a processor that does not multiply them the program exits with 77, which ctest
// reports as skipped.
#define CATCH_CONFIG_RUNNER
#include <cstdio>

#include "kernels/core/cpu/processor.h"
#include "tests/support/catch.h"

int main(int argc, char** argv) {
  constexpr int kSkipped = 77;
  if (!gan::multiplies_bf16()) {
    std::puts("this processor does not multiply bf16: skipped");
    return kSkipped;
  }
  return Catch::Session().run(argc, argv);
}
