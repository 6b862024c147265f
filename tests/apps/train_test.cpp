// gan_cuda_train trains: on the CPU, on the emulated CUDA device, twice alike.
#include <png.h>

#include <cmath>

#include "tests/apps/app_test_support.h"
#include "tests/engine/data/foreign_files.h"

namespace gan::test {
namespace {

/// Width and height of a PNG that libpng reads to its end.
std::pair<unsigned, unsigned> png_size(const std::filesystem::path& file) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_file(&image, file.c_str()) != 0);
  image.format = PNG_FORMAT_RGB;
  std::vector<png_byte> pixels(PNG_IMAGE_SIZE(image));
  REQUIRE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr) != 0);
  return {image.width, image.height};
}

void expect_complete_run(const ProgramResult& result, const std::filesystem::path& run) {
  INFO(result.error);
  REQUIRE(result.exit_code == 0);
  CHECK(files_in(run) == std::vector<std::string>{"checkpoints", "config.toml", "log.jsonl", "samples"});
  CHECK(files_in(run / "samples") == std::vector<std::string>{"step-00000003.png"});
  CHECK(files_in(run / "checkpoints") == std::vector<std::string>{"step-3.safetensors"});
  CHECK(contains(result.out, (run / "samples/step-00000003.png").string()));
  CHECK(contains(result.out, (run / "checkpoints/step-3.safetensors").string()));
  CHECK(contains(result.out, "Look at the samples"));
  CHECK(contains(result.error, "3/3"));
  CHECK(!contains(result.error, "\x1b"));  // no terminal here

  // 5 images: 3 columns, 2 rows, 2 pixels between and around them.
  CHECK(png_size(run / "samples/step-00000003.png") == std::pair<unsigned, unsigned>(3 * 16 + 4 * 2, 2 * 16 + 3 * 2));

  const auto log = log_of(run);
  REQUIRE(log.size() == 3);
  for (std::size_t i = 0; i < log.size(); ++i) {
    CHECK(log[i]["iteration"] == i + 1);
    CHECK(log[i]["loss_g"].is_number());
  }
}

TEST_CASE("three iterations on the CPU leave a whole run", "[train]") {
  const TemporaryFolder folder;
  const auto arguments = small_run(folder / "run", {"--iterations", "3", "--device", "cpu"});
  expect_complete_run(run_program(kTrain, arguments), folder / "run");
}

TEST_CASE("three iterations on the emulated CUDA device, with the CPU's numbers", "[train]") {
  const TemporaryFolder folder;
  const auto on_cuda = small_run(folder / "cuda", {"--iterations", "3", "--device", "cuda"});
  expect_complete_run(run_program(kTrainEmulated, on_cuda), folder / "cuda");
  const auto on_cpu = small_run(folder / "cpu", {"--iterations", "3", "--device", "cpu"});
  expect_complete_run(run_program(kTrainEmulated, on_cpu), folder / "cpu");

  const auto cuda = log_of(folder / "cuda"), cpu = log_of(folder / "cpu");
  for (std::size_t i = 0; i < 3; ++i) {
    REQUIRE(cuda[i].size() == cpu[i].size());
    for (const auto& [key, value] : cpu[i].items()) {
      // Same data and draws, other summation orders. A sum has at most 4 * 4 * 64 = 1024 terms, so rounding leaves
      // about sqrt(1024) * 2^-24 = 2e-6 a layer, and five layers lie between the draws and a reading. Where Adam makes
      // a whole step of a gradient that is rounding noise, the loss hardly depends on that weight.
      INFO("iteration " << i + 1 << " " << key << ": cuda " << cuda[i][key] << ", cpu " << value);
      CHECK(std::abs(cuda[i][key].get<double>() - value.get<double>()) <= 1e-5);
    }
  }
}

TEST_CASE("every model and objective trains", "[train]") {
  const TemporaryFolder folder;
  for (const std::string model : {"dcgan", "mlp"})
    for (const std::string objective : {"non-saturating", "minimax", "least-squares", "hinge", "relativistic"}) {
      const auto run = folder / (model + objective);
      INFO(run.string());
      expect_complete_run(
          run_program(kTrain, small_run(run, {"--model", model, "--objective", objective, "--d-steps", "2", "--ema",
                                              "0", "--iterations", "3", "--device", "cpu"})),
          run);
    }
}

TEST_CASE("the same command gives the same bytes, and config.toml repeats it", "[train]") {
  const TemporaryFolder folder;
  const std::vector<std::string> more = {"--iterations", "3", "--device", "cpu", "--seed", "7", "--flip"};
  REQUIRE(run_program(kTrain, small_run(folder / "a", more)).exit_code == 0);
  REQUIRE(run_program(kTrain, small_run(folder / "b", more)).exit_code == 0);
  const std::string config = (folder / "a/config.toml").string(), out = (folder / "c").string();
  const ProgramResult repeated = run_program(kTrain, {"--config", config, "--out", out});
  INFO(repeated.error);
  REQUIRE(repeated.exit_code == 0);
  for (const char* file : {"config.toml", "log.jsonl", "samples/step-00000003.png", "checkpoints/step-3.safetensors"}) {
    INFO(file);
    const std::string first = contents_of(folder / "a" / file);
    CHECK(first == contents_of(folder / "b" / file));
    CHECK(first == contents_of(folder / "c" / file));
  }

  REQUIRE(run_program(kTrain, {"--config", config, "--out", (folder / "d").string(), "--seed", "8"}).exit_code == 0);
  CHECK(contents_of(folder / "a/log.jsonl") != contents_of(folder / "d/log.jsonl"));
}

TEST_CASE("images as people have them: what is passed over and left out is said, a cache changes nothing", "[train]") {
  const TemporaryFolder folder;
  for (int i = 0; i < 6; ++i)
    folder.write(fmt::format("images/{}.png", i), flat_png(20, 20, std::uint8_t(40 * i), 9, 99));
  const Bytes png = flat_png(20, 20, 1, 2, 3);
  const std::string half = folder.write("images/half.png", first_bytes(png, png.size() / 2));
  folder.write("images/x.gif", Bytes{'G', 'I', 'F', '8', '9', 'a'});
  const std::string images = (folder / "images").string();
  const auto run = [&](const std::string& name) {
    const ProgramResult result = run_program(
        kTrain, small_run(folder / name, {"--data", images, "--channels", "3", "--skip-damaged", "--cache",
                                          (folder / "cache/").string(), "--iterations", "2", "--device", "cpu"}));
    INFO(result.error);
    REQUIRE(result.exit_code == 0);
    CHECK(contains(result.error, images + ": passed over 1 file: 1 GIF\n"));
    CHECK(contains(result.error, "left out " + half + ": damaged PNG file"));
    CHECK(contains(result.error, "images: 6 images, 16x16, colour"));
  };
  run("first");
  CHECK(files_in(folder / "cache").size() == 1);
  run("second");
  CHECK(files_in(folder / "cache").size() == 1);
  CHECK(contents_of(folder / "first/log.jsonl") == contents_of(folder / "second/log.jsonl"));
  CHECK(contents_of(folder / "first/samples/step-00000002.png") ==
        contents_of(folder / "second/samples/step-00000002.png"));
}

TEST_CASE("samples, checkpoints and log lines come as often as asked", "[train]") {
  const TemporaryFolder folder;
  const auto arguments = small_run(folder / "run", {"--iterations", "7", "--device", "cpu", "--sample-every", "3",
                                                    "--checkpoint-every", "2", "--keep", "2", "--log-every", "3"});
  REQUIRE(run_program(kTrain, arguments).exit_code == 0);
  CHECK(files_in(folder / "run/samples") ==
        std::vector<std::string>{"step-00000003.png", "step-00000006.png", "step-00000007.png"});
  CHECK(files_in(folder / "run/checkpoints") == std::vector<std::string>{"step-6.safetensors", "step-7.safetensors"});
  const auto log = log_of(folder / "run");
  REQUIRE(log.size() >= 2);
  CHECK(log[0]["iteration"] == 3);
  CHECK(log[1]["iteration"] == 6);
}

TEST_CASE("a run limited by time ends in time", "[train]") {
  const TemporaryFolder folder;
  const ProgramResult result = run_program(kTrain, small_run(folder / "run", {"--minutes", "0.01", "--device", "cpu"}));
  INFO(result.error);
  CHECK(result.exit_code == 0);
  CHECK(!files_in(folder / "run/checkpoints").empty());
}

TEST_CASE("a run limited by time whose rate falls becomes one of as many iterations as fit", "[train]") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  const ProgramResult result =
      run_program(kTrain, small_run(run, {"--minutes", "0.01", "--lr-schedule", "cosine", "--device", "cpu"}));
  INFO(result.error);
  REQUIRE(result.exit_code == 0);
  const std::int64_t iterations = log_of(run).back()["iteration"];
  CHECK(iterations > 1);
  CHECK(
      contains(result.error, fmt::format("falls over {} iterations: as many as fit into --minutes 0.01", iterations)));
  const std::string config = contents_of(run / "config.toml");
  CHECK(contains(config, fmt::format("\niterations = {} ", iterations)));
  CHECK(!contains(config, "\nminutes"));
  // It is done, and repeats without a clock.
  CHECK(run_program(kTrain, {"--resume", run.string()}).exit_code == 0);
  CHECK(log_of(run).back()["iteration"] == iterations);
  REQUIRE(run_program(kTrain, {"--config", (run / "config.toml").string(), "--out", (folder / "again").string()})
              .exit_code == 0);
  const auto checkpoint = std::filesystem::path("checkpoints") / fmt::format("step-{}.safetensors", iterations);
  CHECK(contents_of(run / checkpoint) == contents_of(folder / "again" / checkpoint));
}

TEST_CASE("a resumed run goes on where it was", "[train]") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  REQUIRE(run_program(kTrain, small_run(run, {"--iterations", "2", "--device", "cpu"})).exit_code == 0);
  const ProgramResult result = run_program(kTrain, {"--resume", run.string(), "--iterations", "5"});
  INFO(result.error);
  CHECK(result.exit_code == 0);
  CHECK(contains(result.error, "after iteration 2"));
  CHECK(files_in(run / "samples").back() == "step-00000005.png");
  const auto log = log_of(run);
  REQUIRE(log.size() == 5);
  CHECK(log.back()["iteration"] == 5);
}

}  // namespace
}  // namespace gan::test
