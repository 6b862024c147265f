// The interpreter's instructions against definitions of their own.
//
//   ptx_instruction_tests                  in the interpreter, in three orders of lanes
//   ptx_instruction_tests --gpu            the same rows on a real GPU; 77 without one of compute capability 9
//   ptx_instruction_tests --covers FILE    also fails if FILE lists an instruction ("fma.rn.f32") that no test has run
#define CATCH_CONFIG_RUNNER
#include <cstdio>
#include <fstream>

#include "tests/ptx/instructions/snippet.h"
#include "tests/support/catch.h"

namespace {
bool gpu = false;
}

bool gan::ptx::test::on_gpu() { return gpu; }

int main(int argc, char** argv) {
  using namespace gan::ptx;
  constexpr int kSkipped = 77;
  std::string list;
  std::vector<char*> arguments;
  for (int i = 0; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--gpu") gpu = true;
    else if (argument == "--covers" && i + 1 < argc) list = argv[++i];
    else arguments.push_back(argv[i]);
  }
  if (gpu) {
    test::runners().push_back(test::real_gpu());
    if (test::runners().back() == nullptr) {
      std::puts("no GPU of compute capability 9: skipped");
      return kSkipped;
    }
  } else {
    for (const Order order : {Order::kTogether, Order::kForward, Order::kBackward})
      test::runners().push_back(test::interpreter(order));
  }
  const int failed = Catch::Session().run(static_cast<int>(arguments.size()), arguments.data());
  if (list.empty()) return failed;
  std::ifstream file(list);
  int listed = 0, missing = 0;
  for (std::string form; std::getline(file, form); ++listed)
    if (!test::forms_run().contains(form)) ++missing, std::printf("no test runs %s\n", form.c_str());
  std::printf("%d instructions in the kernels, %d without a test; %zu tested\n", listed, missing,
              test::forms_run().size());
  return failed != 0 || missing != 0 || listed == 0;
}
