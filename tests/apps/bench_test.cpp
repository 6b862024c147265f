// gan_cuda_bench speaks gan_cuda_train's language: the same options, messages and exit codes.
#include "tests/apps/app_test_support.h"

namespace gan::test {
namespace {

const std::vector<std::string> kSmall = {"--model", "mlp", "--image-size", "16",  "--channels", "1", "--width", "2",
                                         "--batch", "3",   "--device",     "cpu", "--threads",  "1"};

ProgramResult bench(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), kSmall.begin(), kSmall.end());
  return run_program(GAN_BENCH, arguments);
}

TEST_CASE("a benchmark is one line of JSON", "[bench]") {
  const ProgramResult result = bench({"--iterations", "2", "--warm-up", "0"});
  INFO(result.error);
  REQUIRE(result.exit_code == 0);
  const auto summary = nlohmann::json::parse(result.out);
  CHECK(summary["batch"] == 3);
  CHECK(summary["base_width"] == 2);
  CHECK(summary["channels"] == 1);
  CHECK(summary["iterations"] == 2);
  CHECK(contains(bench({"--iterations", "1", "--profile"}).out, "GFLOP/s"));
  CHECK(nlohmann::json::parse(bench({"--networks"}).out).contains("discriminator"));
}

TEST_CASE("points are timed, too", "[bench]") {
  const ProgramResult result = run_program(GAN_BENCH, {"--data", "ring8", "--model", "mlp", "--width", "4", "--batch",
                                                       "3", "--iterations", "1", "--device", "cpu"});
  INFO(result.error);
  REQUIRE(result.exit_code == 0);
  CHECK(nlohmann::json::parse(result.out)["channels"] == 2);
}

TEST_CASE("wrong benchmarks are refused as wrong runs are", "[bench]") {
  const auto refused = [](const std::vector<std::string>& arguments, const std::string& message) {
    const ProgramResult result = bench(arguments);
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    CHECK(result.error == "gan_cuda_bench: error: " + message + "\n");
  };
  refused({"--bacth", "64"}, "unknown option --bacth; did you mean --batch?");
  refused({"--epochs", "2"}, "unknown option --epochs; see --help");
  refused({"--batch"}, "--batch: a value is missing; see --help");
  refused({"--iterations", "0"}, "--iterations: 0 is out of range; accepted are 1 to 1000000");
  refused({"--channels", "0"}, "--channels: 0 is not accepted; accepted are 1 (grey) and 3 (colour)");
  refused({"--model", "dcgan", "--batch", "1"},
          "--batch: 1 is too small for dcgan, whose batch norm compares images of a batch; accepted are 2 to 65536");
}

TEST_CASE("the benchmark's help has its own defaults", "[bench]") {
  const std::string help = bench({"--help"}).out;
  for (const char* part : {"--warm-up N", "--batch N", "1: grey, 3: colour [3]", "--on-demand", "--version"}) {
    INFO(part);
    CHECK(contains(help, part));
  }
  CHECK(!contains(help, "--epochs"));
}

}  // namespace
}  // namespace gan::test
