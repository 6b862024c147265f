// gan_cuda_train explains itself without training.
#include "tests/apps/app_test_support.h"

namespace gan::test {
namespace {

const std::vector<std::string> kSmall = {"--data", "shapes", "--image-size", "16", "--width", "4", "--device", "cpu"};

std::string said(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), kSmall.begin(), kSmall.end());
  const WorkingFolder folder;
  const ProgramResult result = run_program(kTrain, arguments);
  INFO(result.error);
  CHECK(result.exit_code == 0);
  CHECK(result.error.empty());
  CHECK(folder.empty());
  return result.out;
}

TEST_CASE("--help teaches", "[information]") {
  const std::string help = said({"--help"});
  for (const char* part : {"Usage: gan_cuda_train", "Examples:", "--batch N", "[64]", "What the numbers mean", "130"})
    CHECK(contains(help, part));
  CHECK(said({"-h"}) == help);
}

TEST_CASE("--version", "[information]") { CHECK(said({"--version"}) == "gan_cuda_train " GAN_VERSION "\n"); }

TEST_CASE("--print-schedule shows one iteration in the order of Algorithm 1", "[information]") {
  const std::string schedule = said({"--print-schedule"});
  const std::size_t d = schedule.find("D step"), g = schedule.find("G step");
  REQUIRE(d != std::string::npos);
  REQUIRE(g != std::string::npos);
  CHECK(d < g);
  CHECK(contains(schedule, "total"));
  CHECK(contains(schedule, "conv"));
  CHECK(contains(schedule, "adam"));
  // One discriminator update more makes it longer.
  CHECK(said({"--print-schedule", "--d-steps", "2"}).size() > schedule.size() * 3 / 2 - 200);
}

TEST_CASE("--plan shows the memory of one iteration", "[information]") {
  const std::string plan = said({"--plan"});
  CHECK(contains(plan, "arena"));
  CHECK(contains(plan, "total"));
  CHECK(said({"--plan", "--batch", "128"}) != plan);
}

}  // namespace
}  // namespace gan::test
