// Points instead of images, from outside: a run, its resumption, what is refused, and what gan_cuda_sample makes of it.
#include <algorithm>
#include <cstring>

#include "engine/data/image_file.h"
#include "engine/data/point_sets.h"
#include "engine/data/points.h"
#include "engine/files/points_picture.h"
#include "tests/apps/app_test_support.h"

namespace gan::test {
namespace {

constexpr int kDone = 0, kWrongInput = 2;

std::vector<std::string> joined(std::vector<std::string> arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// Options of a run on points that takes a fraction of a second.
std::vector<std::string> point_run(const std::filesystem::path& out, const std::string& data,
                                   const std::vector<std::string>& more) {
  return joined(
      {"--data",    data, "--model",     "mlp", "--width",       "8", "--latent", "3",   "--batch", "16",
       "--threads", "2",  "--log-every", "1",   "--watch-every", "2", "--device", "cpu", "--out",   out.string()},
      more);
}

ProgramResult succeed(const std::string& program, const std::vector<std::string>& arguments) {
  ProgramResult result = run_program(program, arguments);
  INFO(result.error);
  REQUIRE(result.exit_code == kDone);
  return result;
}

Image read_png(const std::filesystem::path& path) {
  const std::string bytes = contents_of(path);
  return decode_image(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), path.string());
}

/// The float32 numbers of an .npy file, whose header must hold `shape`.
std::vector<float> read_npy(const std::filesystem::path& path, const std::string& shape) {
  const std::string bytes = contents_of(path);
  const std::size_t length = 10 + static_cast<unsigned char>(bytes.at(8)) + 256U * static_cast<unsigned char>(bytes[9]);
  REQUIRE(contains(bytes.substr(0, length), "'descr': '<f4'"));
  REQUIRE(contains(bytes.substr(0, length), "'shape': " + shape));
  std::vector<float> numbers((bytes.size() - length) / sizeof(float));
  std::memcpy(numbers.data(), bytes.data() + length, bytes.size() - length);
  return numbers;
}

TEST_CASE("every set of points trains, and nothing that is said speaks of images", "[points]") {
  const TemporaryFolder folder;
  for (const std::string& data : point_set_names()) {
    INFO(data);
    const auto run = folder / data;
    const ProgramResult result =
        succeed(kTrain, point_run(run, data, {"--objective", "wgan-gp", "--d-steps", "2", "--iterations", "4"}));
    const std::string where = data == "gaussian-1d" ? "on the line" : "in the plane";
    CHECK(contains(result.error, data + ": 65536 points " + where + "\n"));
    CHECK(contains(result.error, "points/s"));
    CHECK(!contains(result.error, "image"));
    CHECK(contains(result.out, "points/s"));
    CHECK(contains(result.out, "generated points are blue"));
    CHECK(!contains(result.out, "image"));
    const Image picture = read_png(run / "samples/step-00000004.png");
    CHECK(picture.height == 512);
    CHECK(picture.width == 512);
    const auto log = log_of(run);
    REQUIRE(log.size() == 6);  // four iterations and two looks
    for (const auto& line : log)
      for (const auto& [key, value] : line.items()) {
        INFO(key);
        CHECK(value.is_number());
      }
    CHECK(log.back()["real_diversity"] > 0.1);
  }
}

TEST_CASE("the same command gives the same bytes, and config.toml repeats it with points, too", "[points]") {
  const TemporaryFolder folder;
  succeed(kTrain, point_run(folder / "a", "swiss-roll", {"--iterations", "3", "--seed", "7"}));
  succeed(kTrain, {"--config", (folder / "a/config.toml").string(), "--out", (folder / "b").string()});
  expect_same_tree(tree(folder / "a"), tree(folder / "b"));
  succeed(kTrain, {"--config", (folder / "a/config.toml").string(), "--out", (folder / "c").string(), "--seed", "8"});
  CHECK(contents_of(folder / "a/log.jsonl") != contents_of(folder / "c/log.jsonl"));
}

TEST_CASE("a resumed run on points cannot be told from one that never stopped", "[points]") {
  const TemporaryFolder folder;
  const std::vector<std::string> often = {"--checkpoint-every", "3", "--sample-every", "2"};
  succeed(kTrain, point_run(folder / "whole", "ring8", joined(often, {"--iterations", "9"})));
  succeed(kTrain, point_run(folder / "parts", "ring8", joined(often, {"--iterations", "5"})));
  succeed(kTrain, {"--resume", (folder / "parts").string(), "--iterations", "9"});
  // The first part had its own end: a checkpoint and a sample after iteration 5.
  auto parts = tree(folder / "parts");
  parts.erase("checkpoints/step-5.safetensors");
  parts.erase("samples/step-00000005.png");
  auto whole = tree(folder / "whole");
  for (auto* files : {&parts, &whole}) files->erase("checkpoints/step-3.safetensors");  // --keep 3
  expect_same_tree(whole, parts);
}

TEST_CASE("the last line of progress is the last iteration's, whatever ran after it", "[points]") {
  // 2048 points are drawn where 16 were trained on: readings that were read after that would be of other tensors.
  const TemporaryFolder folder;
  const ProgramResult result = succeed(
      kTrain,
      point_run(folder / "run", "ring8", {"--objective", "wgan-gp", "--iterations", "4", "--sample-every", "2"}));
  const auto log = log_of(folder / "run");
  const auto last = std::find_if(log.rbegin(), log.rend(), [](const auto& line) { return line.contains("loss_g"); });
  REQUIRE(last != log.rend());
  for (const auto& [label, key] : {std::pair{"W", "wasserstein"}, {"G", "loss_g"}, {"penalty", "penalty"}})
    CHECK(contains(result.error, fmt::format(" {} {:.3f} ", label, (*last)[key].template get<double>())));
}

TEST_CASE("points on the emulated CUDA device, with the CPU's numbers", "[points]") {
  const TemporaryFolder folder;
  for (const char* device : {"cpu", "cuda"})
    succeed(kTrainEmulated, point_run(folder / device, "grid25", {"--iterations", "3", "--device", device}));
  const auto cuda = log_of(folder / "cuda"), cpu = log_of(folder / "cpu");
  REQUIRE(cuda.size() == cpu.size());
  for (std::size_t i = 0; i < cpu.size(); ++i)
    for (const auto& [key, value] : cpu[i].items()) {
      // The same draws and points; other summation orders of at most 16 * 8 terms, as in train_test.cpp.
      INFO("line " << i << " " << key << ": cuda " << cuda[i][key] << ", cpu " << value);
      CHECK(std::abs(cuda[i][key].get<double>() - value.get<double>()) <= 1e-5);
    }
}

TEST_CASE("schedule and plan of a run on points", "[points]") {
  const TemporaryFolder folder;
  const std::string schedule =
      succeed(kTrain, point_run(folder / "run", "lines", {"--iterations", "1", "--print-schedule"})).out;
  CHECK(contains(schedule, "gather rows"));
  CHECK(!contains(schedule, "assemble batch"));
  CHECK(contains(succeed(kTrain, point_run(folder / "run", "lines", {"--iterations", "1", "--plan"})).out,
                 "f32 (65536, 1, 1, 2)"));
  CHECK(!std::filesystem::exists(folder / "run"));
}

TEST_CASE("what points do not go with", "[points]") {
  const TemporaryFolder folder;
  const auto refused = [&](const std::vector<std::string>& more, const std::string& part) {
    expect_refusal(point_run(folder / "run", "ring8", joined({"--iterations", "1"}, more)), kWrongInput, part);
  };
  refused({"--model", "dcgan"}, "--model dcgan: made for images, not for points; accepted is mlp");
  refused({"--channels", "3"}, "--channels: means something with --data of images only");
  refused({"--image-size", "48"}, "--image-size: means something with --data of images only");
  refused({"--flip"}, "--flip: means something with --data of images only");
  refused({"--upsample", "nearest"}, "--upsample: means something with --model dcgan only");
  refused({"--cache", "file"}, "--cache: means something with --data that is read from files only");
  refused({"--batch", "65536"}, "--batch: 65536 is more than the 65280 points of 'ring8'; accepted are 2 to 65280");
  CHECK(std::filesystem::is_empty(folder.path()));
}

/// Small runs of one iteration and a checkpoint each, trained once for all cases.
std::filesystem::path trained(const std::string& data) {
  static const TemporaryFolder folder;
  const auto run = folder / data;
  if (!std::filesystem::exists(run)) succeed(kTrain, point_run(run, data, {"--iterations", "2", "--seed", "5"}));
  return run / "checkpoints/step-2.safetensors";
}

std::vector<std::string> sampling(const std::string& data, const std::vector<std::string>& more) {
  return joined({"--checkpoint", trained(data).string(), "--device", "cpu", "--threads", "2"}, more);
}

TEST_CASE("points of a checkpoint: an array, and a picture of the same points over real ones", "[points]") {
  for (const auto& [data, dimension] : {std::pair{"grid25", 2}, {"gaussian-1d", 1}}) {
    INFO(data);
    const TemporaryFolder folder;
    const ProgramResult said = succeed(kSample, sampling(data, {"--out", (folder / "a.png").string()}));
    CHECK(contains(said.error, fmt::format("points     2048 {}\n", dimension == 1 ? "on the line" : "in the plane")));
    CHECK(contains(said.out, "Done: 2048 points in"));
    CHECK(!contains(said.error + said.out, "image"));
    succeed(kSample, sampling(data, {"--npy", "--out", (folder / "a.npy").string()}));
    CHECK(files_in(folder.path()) == std::vector<std::string>{"a.npy", "a.png"});
    const std::vector<float> made = read_npy(folder / "a.npy", fmt::format("(2048, {})", dimension));
    const Dataset real = make_points({.source = data, .seed = 5});
    CHECK((read_png(folder / "a.png").pixels == points_picture(shown_points(real), made, dimension).pixels));
  }
}

TEST_CASE("a point is its seed's: in any list and any batch", "[points]") {
  const TemporaryFolder folder;
  const auto drawn = [&](const std::vector<std::string>& more, const std::string& shape) {
    succeed(kSample, sampling("grid25", joined({"--npy", "--out", (folder / "a.npy").string()}, more)));
    return read_npy(folder / "a.npy", shape);
  };
  const std::vector<float> all = drawn({"--count", "70"}, "(70, 2)"), some = drawn({"--seeds", "69,7,69"}, "(3, 2)");
  for (const auto& [i, seed] : {std::pair{0, 69}, {1, 7}, {2, 69}})
    for (int axis = 0; axis < 2; ++axis)
      // Other batches round otherwise: sums of 8 terms of numbers below 10.
      CHECK(some[std::size_t(2 * i + axis)] == Approx(all[std::size_t(2 * (seed - 1) + axis)]).margin(1e-5));
  CHECK(all[0] != all[2]);
  CHECK(drawn({"--count", "70", "--ema", "no"}, "(70, 2)") != all);
}

TEST_CASE("what is for images is refused in one line", "[points]") {
  const WorkingFolder folder;
  trained("grid25");
  for (const auto& [option, more] : {std::pair<std::string, std::vector<std::string>>{"--walk", {"slerp"}},
                                     {"--separate", {}},
                                     {"--grid", {"4x4"}}}) {
    expect_refusal(sampling("grid25", joined({option}, more)), kWrongInput,
                   option +
                       ": draws images, but the checkpoint's generator makes points; accepted are --npy and, without "
                       "it, one picture of them all",
                   kSample);
    CHECK(folder.empty());
  }
  expect_refusal(sampling("grid25", {"--count", "1000001"}), kWrongInput,
                 "--count: a picture of 1000001 points; accepted are up to 1000000", kSample);
  expect_refusal(sampling("grid25", {"--out", "a.jpg"}), kWrongInput, "does not end in .png", kSample);
  CHECK(folder.empty());
  CHECK(contains(succeed(kSample, {"--help"}).out, "a generator of points"));
}

}  // namespace
}  // namespace gan::test
