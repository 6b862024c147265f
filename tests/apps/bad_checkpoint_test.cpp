// --resume with checkpoints that are damaged, foreign, malicious or of another model: told in one line, nothing touched.
#include <cstdint>
#include <limits>

#include "engine/files/safetensors.h"
#include "tests/apps/app_test_support.h"

namespace gan::test {
namespace {

constexpr int kWrongInput = 2, kDiverged = 4;

/// A run of four iterations with checkpoints after each, and a look at its newest.
class FinishedRun {
 public:
  FinishedRun() {
    const ProgramResult result =
        run_program(kTrain, small_run(path, {"--iterations", "4", "--checkpoint-every", "1", "--device", "cpu"}));
    INFO(result.error);
    REQUIRE(result.exit_code == 0);
  }

  void keep_newest_only() const {
    for (const char* older : {"checkpoints/step-2.safetensors", "checkpoints/step-3.safetensors"})
      REQUIRE(std::filesystem::remove(path / older));
  }

  std::vector<std::string> resume(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"--resume", path.string(), "--iterations", "6"});
    return more;
  }

 private:
  TemporaryFolder folder_;

 public:
  const std::filesystem::path path = folder_ / "run", newest = path / "checkpoints/step-4.safetensors";
};

/// A file with this header and `data` bytes behind it; `stated` is what it says the header's length is.
std::string raw_file(const std::string& header, std::size_t data, std::uint64_t stated) {
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(stated >> (8 * i));
  return bytes + header + std::string(data, 'x');
}
std::string raw_file(const std::string& header, std::size_t data) { return raw_file(header, data, header.size()); }

StoredTensor& tensor_of(SafetensorsFile& file, const std::string& name) {
  for (StoredTensor& tensor : file.tensors)
    if (tensor.name == name) return tensor;
  throw Error("the checkpoint has no tensor " + name);
}

TEST_CASE("a damaged newest checkpoint: the run goes on from the one before, and says so", "[checkpoint]") {
  const FinishedRun run;
  const auto expected = tree(run.path);
  const std::string whole = contents_of(run.newest);
  const std::size_t data = whole.size() - 100;
  const auto goes_on = [&](const std::string& damaged, const std::string& reason) {
    write_plainly(run.newest, damaged);
    const ProgramResult result = run_program(kTrain, {"--resume", run.path.string()});
    INFO(result.error);
    CHECK(result.exit_code == 0);
    CHECK(contains(result.error, run.newest.string() + ": " + reason));
    CHECK(contains(result.error, "after iteration 3"));
    expect_same_tree(expected, tree(run.path));  // and makes the damaged one again
  };
  for (const auto& [at, reason] : std::vector<std::pair<std::size_t, std::string>>{
           {20, "the header (metadata, names, shapes) is damaged"}, {data, "tensor "}, {whole.size() - 1, "tensor "}}) {
    std::string flipped = whole;
    flipped[at] ^= 4;
    goes_on(flipped, reason);
  }
  goes_on(whole.substr(0, data), "");
  goes_on(whole.substr(0, 5), "truncated");
  goes_on("", "truncated");
}

TEST_CASE("only damaged checkpoints: every one is named, and nothing is touched", "[checkpoint]") {
  const FinishedRun run;
  for (const char* name : {"step-2", "step-3", "step-4"}) {
    const auto path = run.path / (std::string("checkpoints/") + name + ".safetensors");
    std::string bytes = contents_of(path);
    bytes.back() ^= 1;
    write_plainly(path, bytes);
  }
  for (const char* each : {"step-2.safetensors: tensor", "step-3.safetensors: tensor", "step-4.safetensors: tensor"})
    expect_untouched_refusal(run.path, run.resume(), kWrongInput, each);
}

TEST_CASE("malicious checkpoints", "[checkpoint]") {
  const FinishedRun run;
  run.keep_newest_only();
  const auto refused = [&](const std::string& bytes, const std::string& part) {
    write_plainly(run.newest, bytes);
    expect_untouched_refusal(run.path, run.resume(), kWrongInput, part);
  };
  const auto tensor = [](const std::string& name, const std::string& dtype, const std::string& shape,
                         const std::string& offsets) {
    return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
  };
  refused(raw_file("{}", 0, 1'000'000), "header length 1000000");
  refused(raw_file("{}", 0, std::numeric_limits<std::uint64_t>::max()), "header length 18446744073709551615");
  refused(raw_file("{", 0), run.newest.string());
  refused(raw_file(std::string(1'000'000, '['), 0), run.newest.string());
  refused(raw_file("{" + tensor("a", "F32", "[2]", "[0,8]") + "," + tensor("b", "F32", "[2]", "[4,12]") + "}", 12),
          "'b'");
  refused(raw_file("{" + tensor("a", "F32", "[2]", "[0,800]") + "}", 8), "'a'");
  refused(raw_file("{" + tensor("a", "F32", "[2]", "[8,0]") + "}", 8), "'a'");
  refused(raw_file("{" + tensor("a", "F32", "[4611686018427387904,4]", "[0,0]") + "}", 0), "'a'");
  refused(raw_file("{" + tensor("a", "Q7", "[2]", "[0,8]") + "}", 8), "Q7");
}

TEST_CASE("checkpoints of something else", "[checkpoint]") {
  const FinishedRun run;
  run.keep_newest_only();
  const SafetensorsFile good = load_safetensors(run.newest);
  const auto refused = [&](const SafetensorsFile& file, const std::string& part) {
    save_safetensors(run.newest, file);
    expect_untouched_refusal(run.path, run.resume(), kWrongInput, run.newest.string() + ": " + part);
  };
  refused({.tensors = {StoredTensor::of<float>("weight", {1}, std::vector<float>{1})}}, "not a checkpoint");
  SafetensorsFile other = good;
  other.metadata["iteration"] = "12";
  refused(other, "holds iteration 12");
  other.metadata["iteration"] = "-1";
  refused(other, "metadata 'iteration'");

  const std::string name = "generator.main.0.weight";
  other = good;
  std::erase_if(other.tensors, [&](const StoredTensor& tensor) { return tensor.name == name; });
  refused(other, "tensor '" + name + "' is missing");
  other = good;
  tensor_of(other, name).dtype = "I32";
  refused(other, "tensor '" + name + "' is I32, must be F32");
  other = good;
  tensor_of(other, name).shape.push_back(1);
  refused(other, "tensor '" + name + "' has shape");

  // The user insists on another architecture, but its weights are not there.
  save_safetensors(run.newest, good);
  expect_untouched_refusal(run.path, run.resume({"--width", "8", "--allow-config-change"}), kWrongInput,
                           "a checkpoint of another architecture");
  expect_untouched_refusal(run.path, run.resume({"--model", "mlp", "--allow-config-change"}), kWrongInput,
                           run.newest.string() + ": tensor '");
}

TEST_CASE("numbers that are not finite stop the run, and the last good checkpoint stays", "[checkpoint]") {
  const FinishedRun run;
  run.keep_newest_only();
  const SafetensorsFile good = load_safetensors(run.newest);
  const auto diverges = [&](const std::string& name, float value, const std::string& where) {
    SafetensorsFile bad = good;
    StoredTensor& tensor = tensor_of(bad, name);
    tensor =
        StoredTensor::of<float>(name, tensor.shape, std::vector<float>(tensor.bytes.size() / sizeof(float), value));
    save_safetensors(run.newest, bad);
    const auto before = tree(run.path);
    const ProgramResult result = run_program(kTrain, run.resume());
    INFO(result.error);
    CHECK(result.exit_code == kDiverged);
    CHECK(result.out.empty());
    CHECK(contains(result.error, "gan_cuda_train: error: training diverged at iteration 5: "));
    CHECK(contains(result.error, where));
    auto after = tree(run.path);
    after["config.toml"] = before.at("config.toml");  // says --iterations 6 now
    expect_same_tree(before, after);
  };
  diverges("generator.main.0.weight", std::numeric_limits<float>::quiet_NaN(),
           "first seen in D step 1, instruction 'linear dgrad', dx = G(z).0 ");
  diverges("discriminator.main.0.weight", 1e38f, "first seen in D step 1, instruction 'conv fprop', ");
}

}  // namespace
}  // namespace gan::test
