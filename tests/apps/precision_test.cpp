// --precision bf16 from outside.
#include <cstdlib>

#include "tests/apps/app_test_support.h"

namespace gan::test {
namespace {

constexpr int kMachineCannot = 3;

/// Sets an environment variable of the programs started while it lives.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { ::unsetenv(name_); }

 private:
  const char* name_;
};

/// Wide enough for layers that multiply in bf16.
std::vector<std::string> run_in(const std::string& precision, const std::filesystem::path& out) {
  return small_run(out, {"--device", "cpu", "--width", "8", "--iterations", "6", "--checkpoint-every", "3",
                         "--precision", precision});
}

}  // namespace

TEST_CASE("a processor without bf16 says so and leaves nothing behind", "[precision]") {
  const TemporaryFolder folder;
  const Environment without("ONEDNN_MAX_CPU_ISA", "AVX512_CORE");
  const ProgramResult result = run_program(kTrain, run_in("bf16", folder / "run"));
  INFO(result.error);
  CHECK(result.exit_code == kMachineCannot);
  CHECK(contains(result.error, "--precision bf16: this processor does not multiply bf16"));
  CHECK(!std::filesystem::exists(folder / "run"));
}

TEST_CASE("a GPU refuses bf16 and leaves nothing behind", "[precision]") {
  const TemporaryFolder folder;
  const ProgramResult result = run_program(
      kTrainEmulated, small_run(folder / "run", {"--device", "cuda", "--iterations", "1", "--precision", "bf16"}));
  CHECK(result.exit_code == kMachineCannot);
  CHECK(contains(result.error, "--precision bf16: GPUs multiply in fp32 so far"));
  CHECK(!std::filesystem::exists(folder / "run"));
}

TEST_CASE("a run in bf16 repeats bit by bit, says what it does, and is not one in fp32", "[precision]") {
  const TemporaryFolder folder;
  const ProgramResult first = run_program(kTrain, run_in("bf16", folder / "first"));
  INFO(first.error);
  if (first.exit_code == kMachineCannot) {
    WARN("not run: this processor does not multiply bf16");
    return;
  }
  REQUIRE(first.exit_code == 0);
  CHECK(contains(first.error, "CPU, 2 threads, products in bf16"));
  CHECK(contains(contents_of(folder / "first" / "config.toml"), "precision = \"bf16\""));

  REQUIRE(run_program(kTrain, run_in("bf16", folder / "again")).exit_code == 0);
  CHECK(tree(folder / "first") == tree(folder / "again"));

  REQUIRE(run_program(kTrain, run_in("fp32", folder / "fp32")).exit_code == 0);
  const auto checkpoint = std::filesystem::path("checkpoints") / "step-6.safetensors";
  CHECK(contents_of(folder / "first" / checkpoint) != contents_of(folder / "fp32" / checkpoint));
}

TEST_CASE("a run in bf16 goes on in bf16", "[precision]") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  const ProgramResult result = run_program(kTrain, run_in("bf16", run));
  if (result.exit_code == kMachineCannot) return;  // said above
  REQUIRE(result.exit_code == 0);
  REQUIRE(run_program(kTrain, {"--resume", run.string(), "--iterations", "9"}).exit_code == 0);
  auto longer = run_in("bf16", folder / "undisturbed");
  longer.insert(longer.end(), {"--iterations", "9"});
  REQUIRE(run_program(kTrain, longer).exit_code == 0);
  const auto checkpoint = std::filesystem::path("checkpoints") / "step-9.safetensors";
  CHECK(contents_of(run / checkpoint) == contents_of(folder / "undisturbed" / checkpoint));

  const ProgramResult changed = run_program(kTrain, {"--resume", run.string(), "--precision", "fp32"});
  CHECK(changed.exit_code == 2);
  CHECK(contains(changed.error, "--precision was bf16, now fp32"));
}

}  // namespace gan::test
