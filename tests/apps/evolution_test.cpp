// evolution.webp: the samples of a run as an animation, whatever stops the run. That a resumed run leaves the bytes of one
// that never stopped is seen in resume_test.cpp, which compares all files.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "engine/data/image_file.h"
#include "tests/apps/app_test_support.h"
#include "tests/engine/files/decoded_animation.h"

namespace gan::test {
namespace {

Image read_png(const std::filesystem::path& path) {
  const std::string bytes = contents_of(path);
  return decode_image(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), path.string());
}

/// The mean distance of a frame from a sheet, in steps of 255.
double distance(const Image& frame, const Image& sheet) {
  const Image expected = as_rgb(sheet);
  REQUIRE(frame.pixels.size() == expected.pixels.size());
  double sum = 0;
  for (std::size_t i = 0; i < expected.pixels.size(); ++i) sum += std::abs(int{frame.pixels[i]} - expected.pixels[i]);
  return sum / static_cast<double>(expected.pixels.size());
}

ProgramResult train(const std::vector<std::string>& arguments) {
  ProgramResult result = run_program(kTrain, arguments);
  INFO(result.error);
  REQUIRE(result.exit_code == 0);
  return result;
}

std::size_t frames_of(const std::filesystem::path& file) { return decode_webp(contents_of(file)).frames.size(); }

TEST_CASE("a frame a due sample, in their order", "[evolution]") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  train(small_run(run, {"--iterations", "11", "--sample-every", "3", "--device", "cpu"}));
  REQUIRE(files_in(run / "samples").size() == 4);  // the last one, after 11, was not due
  const DecodedAnimation evolution = decode_webp(contents_of(run / "evolution.webp"));
  REQUIRE(evolution.frames.size() == 3);
  CHECK(evolution.endless);
  CHECK(evolution.milliseconds == std::vector<std::int64_t>{125, 250, 375});
  const std::vector<std::string> sheets = files_in(run / "samples");
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(distance(evolution.frames[i], read_png(run / "samples" / sheets[i])) < 4);  // quality 90, noise as content
}

TEST_CASE("no due samples, no animation", "[evolution]") {
  const TemporaryFolder folder;
  train(small_run(folder / "run", {"--iterations", "3", "--sample-every", "0", "--device", "cpu"}));
  CHECK(!std::filesystem::exists(folder / "run/evolution.webp"));
}

TEST_CASE("a finished run that is resumed without more to do, or with more, goes on with its animation",
          "[evolution]") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  train(small_run(run, {"--iterations", "4", "--sample-every", "2", "--device", "cpu"}));
  const std::string before = contents_of(run / "evolution.webp");
  train({"--resume", run.string()});
  CHECK((contents_of(run / "evolution.webp") == before));
  train({"--resume", run.string(), "--iterations", "8", "--sample-every", "4"});
  CHECK(frames_of(run / "evolution.webp") == 3);  // after 2, 4 and 8
}

TEST_CASE("sheets of another size begin another animation, and the old one stays", "[evolution]") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  train(small_run(run, {"--iterations", "4", "--sample-every", "2", "--device", "cpu"}));
  const std::string before = contents_of(run / "evolution.webp");
  const ProgramResult result = train({"--resume", run.string(), "--iterations", "6", "--sample-count", "12"});
  CHECK(contains(result.error, (run / "evolution-until-4.webp").string()));
  CHECK((contents_of(run / "evolution-until-4.webp") == before));
  CHECK(frames_of(run / "evolution.webp") == 1);
}

TEST_CASE("a killed run leaves an animation of all but the sample it was at", "[evolution]") {
  int killed = 0;
  for (int kill = 0; kill < 8; ++kill) {
    const TemporaryFolder folder;
    const auto run = folder / "run";
    RunningProgram program(kTrain, small_run(run, {"--minutes", "2", "--sample-every", "1", "--device", "cpu"}));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    const auto samples = [&] { return std::filesystem::exists(run / "samples") ? count_files(run / "samples") : 0; };
    while (samples() < 4 && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    std::this_thread::sleep_for(std::chrono::microseconds(700 * kill));
    program.send(SIGKILL);
    killed += program.finish().exit_code == 128 + SIGKILL;
    std::size_t sheets = 0;
    for (const std::string& name : files_in(run / "samples")) sheets += name.ends_with(".png");
    const std::size_t frames = frames_of(run / "evolution.webp");
    INFO("kill " << kill << ": " << sheets << " sheets, " << frames << " frames");
    CHECK(frames + 1 >= sheets);
    CHECK(frames <= sheets);
    train({"--resume", run.string(), "--iterations", "2"});  // killed before the first checkpoint: begins again
    CHECK(frames_of(run / "evolution.webp") == 2);
  }
  CHECK(killed == 8);
}

}  // namespace
}  // namespace gan::test
