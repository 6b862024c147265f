// SIGINT and SIGTERM end a run in good order; a second one ends it at once.
#include <csignal>

#include "tests/apps/app_test_support.h"

namespace gan::test {
namespace {

constexpr int kInterrupted = 130;

TEST_CASE("one signal: the iteration is finished, saved, and the run can go on", "[interruption]") {
  for (const int signal : {SIGINT, SIGTERM}) {
    const TemporaryFolder folder;
    const auto run = folder / "run";
    RunningProgram program(kTrain, small_run(run, {"--minutes", "2", "--device", "cpu"}));
    REQUIRE(program.wait_for_error("images/s"));  // under way
    program.send(signal);
    const ProgramResult result = program.finish();
    INFO(result.error);
    CHECK(result.exit_code == kInterrupted);
    CHECK(contains(result.error, "stopping after this iteration"));
    CHECK(contains(result.out, "Interrupted after"));
    const auto checkpoints = files_in(run / "checkpoints");
    REQUIRE(!checkpoints.empty());
    const auto last = log_of(run).back()["iteration"].get<std::int64_t>();
    const std::string newest = "step-" + std::to_string(last) + ".safetensors";
    CHECK(std::find(checkpoints.begin(), checkpoints.end(), newest) != checkpoints.end());
    CHECK(contains(result.out, (run / "checkpoints" / newest).string()));

    const ProgramResult resumed =
        run_program(kTrain, {"--resume", run.string(), "--iterations", std::to_string(last + 2)});
    INFO(resumed.error);
    CHECK(resumed.exit_code == 0);
    CHECK(log_of(run).back()["iteration"] == last + 2);
  }
}

TEST_CASE("two signals end the program at once", "[interruption]") {
  const TemporaryFolder folder;
  // An iteration of seconds (1024 images of 64x64 on one thread), so that what ends early is the iteration.
  RunningProgram program(
      kTrain, {"--data", "shapes", "--image-size", "64", "--channels", "1", "--batch", "1024", "--width", "32",
               "--threads", "1", "--device", "cpu", "--iterations", "2", "--out", (folder / "run").string()});
  REQUIRE(program.wait_for_error("folder"));
  program.send(SIGINT);
  REQUIRE(program.wait_for_error("stopping"));
  program.send(SIGINT);
  const ProgramResult result = program.finish();
  CHECK(result.exit_code == kInterrupted);
  CHECK(result.out.empty());
  CHECK(files_in(folder / "run/checkpoints").empty());
}

}  // namespace
}  // namespace gan::test
