// The kernel tests on the software GPU. It refuses to run on anything else.
//
//   kernel_tests_ptx --list-instructions    prints every PTX instruction of every kernel, with its modifiers
#define CATCH_CONFIG_RUNNER
#include <cstdio>
#include <string_view>

#include "tests/ptx/runtime/software_gpu.h"
#include "tests/support/instruction_test.h"

namespace gan::test {

bool emulated() { return false; }

void for_each_thread_order(const std::function<void()>& body) { body(); }

}  // namespace gan::test

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--list-instructions") {
    for (const std::string& form : gan::ptx::runtime::instruction_forms()) std::puts(form.c_str());
    return 0;
  }
  if (!gan::test::cuda_device().description().starts_with(gan::ptx::runtime::kDeviceName)) {
    std::puts("this is not the software GPU");
    return 1;
  }
  return Catch::Session().run(argc, argv);
}
