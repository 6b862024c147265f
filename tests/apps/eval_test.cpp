// gan_cuda_eval from outside: what it says of sets of images, what it writes, and how it ends.
#include <cmath>
#include <csignal>
#include <random>

#include "engine/data/image_file.h"
#include "tests/apps/app_test_support.h"
#include "tests/engine/data/foreign_files.h"

namespace gan::test {
namespace {

constexpr int kDone = 0, kWrongInput = 2, kMachineCannot = 3, kInterrupted = 130;

/// An IDX file of `count` images 16x16 of noise between two values.
std::string noise_file(const TemporaryFolder& folder, const std::string& name, std::uint32_t count, int low, int high,
                       unsigned seed) {
  std::mt19937 random(seed);
  Bytes pixels(std::size_t{count} * 16 * 16);
  for (std::uint8_t& pixel : pixels)
    pixel = static_cast<std::uint8_t>(low + static_cast<int>(random() % static_cast<unsigned>(high - low)));
  return folder.write(name, joined({idx_header({count, 16, 16}), pixels}));
}

std::vector<std::string> two_sample(const std::string& a, const std::string& b, const std::filesystem::path& out,
                                    std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"two-sample", a,           b,       "--image-size",   "16",        "--model",
                                        "mlp",        "--width",   "4",     "--iterations",   "60",        "--batch",
                                        "32",         "--lr",      "0.001", "--permutations", "199",       "--device",
                                        "cpu",        "--threads", "1",     "--out",          out.string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::vector<std::string> parzen(const std::string& samples, const std::string& test, const std::filesystem::path& out,
                                std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"parzen", samples,    test,  "--image-size", "16",        "--threads",
                                        "2",      "--device", "cpu", "--out",        out.string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

ProgramResult evaluate(const std::vector<std::string>& arguments) {
  ProgramResult result = run_program(kEval, arguments);
  INFO(result.error);
  REQUIRE(result.exit_code == kDone);
  return result;
}

nlohmann::json result_in(const std::filesystem::path& folder) {
  return nlohmann::json::parse(contents_of(folder / "result.json"));
}

TEST_CASE("two sets that differ, and their most telling images", "[eval]") {
  const TemporaryFolder folder;
  const std::string dark = noise_file(folder, "dark", 200, 0, 200, 1),
                    light = noise_file(folder, "light", 300, 56, 256, 2);
  const ProgramResult result = evaluate(two_sample(dark, light, folder / "deep/out"));
  CHECK(contains(result.out, "The sets differ"));
  CHECK(contains(result.out, "trained on   100 images of each, tested on 100 others of each"));
  CHECK(files_in(folder / "deep/out") == std::vector<std::string>{"result.json", "telling.png"});
  const nlohmann::json json = result_in(folder / "deep/out");
  CHECK(json["test"] == "two-sample");
  CHECK(json["a"] == dark);
  CHECK(json["tested_on_each"] == 100);
  CHECK(json["accuracy"].get<double>() == json["correct"].get<double>() / 200);
  CHECK(json["accuracy"].get<double>() > 0.9);
  CHECK(json["binomial"]["p"].get<double>() < 1e-9);
  CHECK(std::abs(json["binomial"]["log10_p"].get<double>() - std::log10(json["binomial"]["p"].get<double>())) < 1e-6);
  CHECK(json["binomial"]["differs"] == true);
  CHECK(json["permutation"]["p"] == 1.0 / 200);
  CHECK(json["telling"]["a"].size() == 32);
  const std::string png = contents_of(folder / "deep/out/telling.png");
  const Image sheet =
      decode_image(std::span(reinterpret_cast<const std::uint8_t*>(png.data()), png.size()), "telling.png");
  CHECK(sheet.width == 8 * 18 + 2);
  CHECK(sheet.height == 8 * 18 + 2);
  // The same again gives the same bytes, another seed does not.
  evaluate(two_sample(dark, light, folder / "again"));
  CHECK(contents_of(folder / "again/result.json") == contents_of(folder / "deep/out/result.json"));
  CHECK((contents_of(folder / "again/telling.png") == png));
  evaluate(two_sample(dark, light, folder / "again", {"--seed", "2"}));
  CHECK(result_in(folder / "again")["telling"] != json["telling"]);
}

TEST_CASE("two sets of one distribution, and two halves of one set", "[eval]") {
  const TemporaryFolder folder;
  const std::string one = noise_file(folder, "one", 200, 0, 256, 1),
                    other = noise_file(folder, "other", 200, 0, 256, 2);
  const ProgramResult equal = evaluate(two_sample(one, other, folder / "equal"));
  CHECK(contains(equal.out, "No difference was found"));
  CHECK(result_in(folder / "equal")["binomial"]["differs"] == false);
  const ProgramResult halves =
      evaluate(two_sample(one, (folder / "../" / folder.path().filename() / "one").string(), folder / "halves"));
  CHECK(contains(halves.out, "(one half of it)"));
  CHECK(result_in(folder / "halves")["tested_on_each"] == 50);
  CHECK(result_in(folder / "halves")["binomial"]["differs"] == false);
}

TEST_CASE("a checkpoint is a set: what its generator draws", "[eval]") {
  const TemporaryFolder folder;
  const ProgramResult trained =
      run_program(kTrain, small_run(folder / "run", {"--iterations", "2", "--device", "cpu"}));
  REQUIRE(trained.exit_code == kDone);
  const std::string checkpoint = (folder / "run/checkpoints/step-2.safetensors").string();
  const ProgramResult result =
      evaluate(two_sample(checkpoint, "shapes", folder / "out", {"--channels", "1", "--count", "100"}));
  CHECK(contains(result.out, "The sets differ"));
  CHECK(result_in(folder / "out")["tested_on_each"] == 50);
  // Against itself: other latents, the same distribution.
  const ProgramResult itself = evaluate(two_sample(checkpoint, checkpoint, folder / "itself", {"--count", "120"}));
  CHECK(contains(itself.out, "No difference was found"));
  CHECK(result_in(folder / "itself")["tested_on_each"] == 60);
  // As many as the other set has; resized to what is asked for.
  const std::string few = noise_file(folder, "few", 40, 0, 256, 1);
  evaluate(two_sample(few, checkpoint, folder / "few-out", {"--image-size", "20x18"}));
  CHECK(result_in(folder / "few-out")["tested_on_each"] == 20);
  evaluate(parzen(checkpoint, few, folder / "parzen", {"--count", "50"}));
  CHECK(result_in(folder / "parzen")["sample_count"] == 50);
}

TEST_CASE("parzen: sigma from a validation set, and numbers that follow the images", "[eval]") {
  const TemporaryFolder folder;
  const std::string samples = noise_file(folder, "samples", 300, 100, 156, 1),
                    test = noise_file(folder, "test", 100, 100, 156, 2);
  const std::string validation = noise_file(folder, "validation", 50, 100, 156, 3),
                    far = noise_file(folder, "far", 100, 0, 256, 4);
  const ProgramResult result = evaluate(parzen(samples, test, folder / "out", {"--sigmas", "0.5,0.08,0.02"}));
  CHECK(contains(result.out, "log-likelihood"));
  const nlohmann::json json = result_in(folder / "out");
  CHECK(json["sigma"] == 0.08);
  CHECK(json["sample_count"] == 300);
  CHECK(json["validation_count"] == 10);
  CHECK(json["test_count"] == 90);
  CHECK(json["dimension"] == 256);
  CHECK(json["grid"].size() == 3);
  CHECK(json["standard_error"].get<double>() > 0);
  CHECK(!contains(result.out, "end of the grid"));
  CHECK(contains(evaluate(parzen(samples, test, folder / "narrow", {"--sigmas", "0.01,0.02"})).out, "end of the grid"));
  evaluate(parzen(samples, test, folder / "given", {"--sigmas", "0.5,0.08,0.02", "--validation", validation}));
  CHECK(result_in(folder / "given")["validation_count"] == 50);
  CHECK(result_in(folder / "given")["test_count"] == 100);
  evaluate(parzen(samples, far, folder / "far-out", {"--sigmas", "0.08"}));
  const double near_value = json["log_likelihood"], far_value = result_in(folder / "far-out")["log_likelihood"];
  CHECK(far_value < near_value - 100);
  evaluate(parzen(samples, samples, folder / "halves", {"--sigmas", "0.08"}));
  CHECK(result_in(folder / "halves")["sample_count"] == 150);
  CHECK(result_in(folder / "halves")["test_count"] == 135);
  // Two noises of one distribution are as far from each other as two halves of one: within four standard errors.
  const double halves = result_in(folder / "halves")["log_likelihood"];
  CHECK(std::abs(halves - near_value) <= 8 * json["standard_error"].get<double>());
}

TEST_CASE("help explains each command", "[eval]") {
  const ProgramResult general = evaluate({"--help"}), test = evaluate({"two-sample", "--help"}),
                      density = evaluate({"parzen", "--help"}), version = evaluate({"--version"});
  CHECK(contains(general.out, "two-sample A B"));
  CHECK(contains(general.out, "Exit codes"));
  CHECK(contains(test.out, "--permutations N"));
  CHECK(contains(test.out, "Lopez-Paz"));
  CHECK(contains(density.out, "--sigmas LIST"));
  CHECK(version.out == "gan_cuda_eval " GAN_VERSION "\n");
  for (const ProgramResult* help : {&general, &test, &density}) {
    std::istringstream text(help->out);
    for (std::string line; std::getline(text, line);) CHECK(line.size() <= 100);
  }
}

TEST_CASE("what gan_cuda_eval refuses", "[eval]") {
  const TemporaryFolder folder;
  const std::string set = noise_file(folder, "set", 40, 0, 256, 1), few = noise_file(folder, "few", 19, 0, 256, 1);
  const auto out = folder / "out";
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& part) {
    expect_refusal(arguments, kWrongInput, part, kEval);
    CHECK(!std::filesystem::exists(out));
  };
  refused({}, "a command is missing; accepted are two-sample and parzen");
  refused({"two-samples", set, set}, "did you mean two-sample?");
  refused({"two-sample", set}, "two sets come first");
  refused({"two-sample", "--seed", "1", set, set}, "two sets come first");
  refused(two_sample(set, few, out), "B " + few + ": 19 images are too few");
  refused(two_sample(few, few, out), "in each half");
  refused(two_sample(set, (folder / "none").string(), out),
          "B " + (folder / "none").string() + ": there is no such file");
  refused(two_sample(set, set, out, {"third"}), "unexpected argument 'third'");
  refused(two_sample(set, set, out, {"--alpha", "0.7"}), "--alpha: 0.7 is out of range");
  refused(two_sample(set, set, out, {"--alpha", "nan"}), "--alpha: 'nan' is not a number");
  refused(two_sample(set, set, out, {"--count", "5"}), "--count: 5 is out of range");
  refused(two_sample(set, set, out, {"--permutation", "99"}), "did you mean --permutations?");
  refused(two_sample(set, set, out, {"--model", "resnet", "--image-size", "17"}), "--image-size 17");
  refused(two_sample(set, "shapes", out), "accepted is --channels 1 or 3");
  refused(parzen(set, few, out), "TEST " + few + ": 19 images are too few");
  refused(parzen(set, set, out, {"--sigmas", "0.1,,0.2"}), "--sigmas: '' is no sigma");
  refused(parzen(set, set, out, {"--sigmas", "-1"}), "--sigmas: '-1' is no sigma");
  refused(parzen(set, set, out, {"--validation", "/none"}), "--validation /none: there is no such file");
  write_plainly(folder / "false.safetensors", "this is no checkpoint, but long enough to be one");
  refused(two_sample(set, (folder / "false.safetensors").string(), out), "false.safetensors: ");
  expect_refusal(two_sample(set, set, folder / "set"), kWrongInput, "--out: cannot make the folder", kEval);
  expect_refusal(two_sample(set, set, out, {"--device", "cuda"}), kMachineCannot, "--device cpu", kEval);
}

TEST_CASE("an interrupted evaluation writes nothing", "[eval]") {
  const TemporaryFolder folder;
  const std::string set = noise_file(folder, "set", 60, 0, 256, 1);
  RunningProgram program(kEval, two_sample(set, set, folder / "out", {"--iterations", "1000000000"}));
  REQUIRE(program.wait_for_error("training the classifier"));
  program.send(SIGINT);
  const ProgramResult result = program.finish();
  CHECK(result.exit_code == kInterrupted);
  CHECK(contains(result.out, "Interrupted"));
  CHECK(files_in(folder / "out").empty());
}

}  // namespace
}  // namespace gan::test
