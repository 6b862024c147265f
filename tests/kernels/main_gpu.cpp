// The same test cases on a real GPU. Without one the program exits with 77, which ctest reports as skipped.
#define CATCH_CONFIG_RUNNER
#include <cstdio>

#include "tests/support/instruction_test.h"

namespace gan::test {

bool emulated() { return false; }

void for_each_thread_order(const std::function<void()>& body) { body(); }

}  // namespace gan::test

int main(int argc, char** argv) {
  constexpr int kSkipped = 77;
  if (gan::CudaDevice::count() == 0) {
    std::puts("no GPU: skipped");
    return kSkipped;
  }
  return Catch::Session().run(argc, argv);
}
