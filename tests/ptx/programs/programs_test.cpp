// gan_cuda_train, gan_cuda_sample and gan_cuda_bench with the CUDA code path on the software GPU.
#include <cmath>
#include <functional>

#include "engine/files/safetensors.h"
#include "tests/apps/app_test_support.h"

namespace gan::test {
namespace {

const std::string kTrainSoftwareGpu = GAN_TRAIN_SOFTWARE_GPU, kBenchSoftwareGpu = GAN_BENCH_SOFTWARE_GPU,
                  kSampleSoftwareGpu = GAN_SAMPLE_SOFTWARE_GPU;
constexpr int kIterations = 3;
constexpr double kLearningRate = 2e-4;

/// A sum has at most 4 * 4 * 64 = 1024 terms: rounding leaves about sqrt(1024) * 2^-24 = 2e-6 of its size a layer, and
/// forward and backward through two networks pass ten layers.
constexpr double kRounding = 2e-5;

ProgramResult run_on_software_gpu(const std::string& program, const std::vector<std::string>& arguments) {
  const ProgramResult result = run_program(program, arguments);
  INFO(result.error);
  REQUIRE(result.exit_code == 0);
  // A fault of a kernel says so; and this must not have run on anything else.
  REQUIRE(!contains(result.error, "software GPU:"));
  return result;
}

std::vector<std::string> tiny_run(const std::filesystem::path& out, const std::string& model, const std::string& device,
                                  std::vector<std::string> more = {}) {
  more.insert(more.end(), {"--model", model, "--device", device, "--iterations", std::to_string(kIterations)});
  return small_run(out, more);
}

/// The largest magnitude of a tensor's elements.
double largest(const std::vector<float>& values) {
  double most = 0;
  for (const float v : values) most = std::max(most, std::abs(static_cast<double>(v)));
  return most;
}

/// Two files of the same tensors; F32 elements differ by at most `tolerance(name)[i]`, other bytes not at all.
void expect_close_tensors(const SafetensorsFile& got, const SafetensorsFile& want,
                          const std::function<std::vector<double>(const StoredTensor&)>& tolerance) {
  REQUIRE(got.tensors.size() == want.tensors.size());
  for (const StoredTensor& expected : want.tensors) {
    INFO(expected.name);
    const StoredTensor* tensor = got.find(expected.name);
    REQUIRE(tensor != nullptr);
    REQUIRE(tensor->shape == expected.shape);
    REQUIRE(tensor->dtype == expected.dtype);
    if (expected.dtype != "F32") {
      CHECK((tensor->bytes == expected.bytes));
      continue;
    }
    const std::vector<float> a = tensor->values<float>(), b = expected.values<float>();
    const std::vector<double> allowed = tolerance(expected);
    std::size_t wrong = 0, worst = 0;
    const auto excess = [&](std::size_t k) { return std::abs(double{a[k]} - b[k]) - allowed[k]; };
    for (std::size_t k = 0; k < a.size(); ++k) {
      wrong += !(excess(k) <= 0);  // NaN is wrong
      if (!(excess(k) <= excess(worst))) worst = k;
    }
    INFO("element " << worst << ": " << a.at(worst) << ", not " << b.at(worst) << " within " << allowed.at(worst));
    CHECK(wrong == 0);
  }
}

/// By how much an element of a checkpoint may differ. Moments and statistics are sums of gradients or activations: by
/// their rounding. A weight has taken steps of lr m / sqrt(v): a gradient with the relative error r moves each by at
/// most 2 r lr to first order, and nothing moves one by more than 2 lr.
std::vector<double> checkpoint_tolerance(const SafetensorsFile& file, const StoredTensor& tensor) {
  const std::vector<float> values = tensor.values<float>();
  const double rounding = kRounding * largest(values);
  std::vector<double> allowed(values.size(), rounding);
  const StoredTensor* moment = file.find("optimizer." + tensor.name + ".exp_avg");
  if (moment == nullptr) return allowed;
  const std::vector<float> m = moment->values<float>();
  const double gradient_error = kRounding * largest(m);
  for (std::size_t i = 0; i < m.size(); ++i) {
    const double relative = gradient_error / std::max(std::abs(double{m[i]}), 1e-30);
    allowed[i] += kIterations * kLearningRate * 2 * std::min(relative, 1.0);
  }
  return allowed;
}

TEST_CASE("training on the software GPU leaves the CPU's checkpoint", "[ptx]") {
  for (const std::string model : {"dcgan", "mlp"}) {
    INFO(model);
    const TemporaryFolder folder;
    run_on_software_gpu(kTrainSoftwareGpu, tiny_run(folder / "cuda", model, "cuda"));
    run_on_software_gpu(kTrainSoftwareGpu, tiny_run(folder / "cpu", model, "cpu"));
    const auto checkpoint = [&](const char* run) {
      return load_safetensors(folder / run / "checkpoints/step-3.safetensors");
    };
    const SafetensorsFile on_cpu = checkpoint("cpu");
    expect_close_tensors(checkpoint("cuda"), on_cpu,
                         [&](const StoredTensor& tensor) { return checkpoint_tolerance(on_cpu, tensor); });
  }
}

TEST_CASE("a run resumed on the software GPU cannot be told from one that never stopped", "[ptx]") {
  const TemporaryFolder folder;
  run_on_software_gpu(kTrainSoftwareGpu, tiny_run(folder / "whole", "dcgan", "cuda"));
  std::vector<std::string> first = tiny_run(folder / "halves", "dcgan", "cuda");
  first.back() = "1";
  run_on_software_gpu(kTrainSoftwareGpu, first);
  run_on_software_gpu(kTrainSoftwareGpu, {"--resume", (folder / "halves").string(), "--iterations", "3"});
  const auto checkpoint = [&](const char* run) {
    return load_safetensors(folder / run / "checkpoints/step-3.safetensors");
  };
  const SafetensorsFile whole = checkpoint("whole"), halves = checkpoint("halves");
  REQUIRE(whole.tensors.size() == halves.tensors.size());
  for (const StoredTensor& tensor : whole.tensors) {
    INFO(tensor.name);
    REQUIRE(halves.find(tensor.name) != nullptr);
    CHECK((halves.find(tensor.name)->bytes == tensor.bytes));
  }
  CHECK(contents_of(folder / "whole/log.jsonl") == contents_of(folder / "halves/log.jsonl"));
}

TEST_CASE("a trace from the software GPU holds the CPU's draws and gradients", "[ptx]") {
  const TemporaryFolder folder;
  for (const std::string device : {"cuda", "cpu"})
    run_on_software_gpu(kTrainSoftwareGpu, tiny_run(folder / device, "dcgan", device, {"--trace", "1"}));
  const auto trace = [&](const char* run) { return load_safetensors(folder / run / "trace/iteration-1.safetensors"); };
  const SafetensorsFile on_cpu = trace("cpu");
  expect_close_tensors(trace("cuda"), on_cpu, [&](const StoredTensor& tensor) {
    const std::vector<float> values = tensor.values<float>();
    return std::vector<double>(values.size(), kRounding * largest(values));
  });
}

// Values of up to 1 differ by kRounding; where that carries one over to the next of 255 steps, the pixel differs by one.
TEST_CASE("gan_cuda_sample draws the CPU's images on the software GPU", "[ptx]") {
  const TemporaryFolder folder;
  run_on_software_gpu(kTrain, tiny_run(folder / "run", "dcgan", "cpu"));
  const auto drawn = [&](const std::string& program, const std::string& device) {
    const auto file = folder / (device + ".npy");
    const ProgramResult result = run_on_software_gpu(
        program, {"--checkpoint", (folder / "run/checkpoints/step-3.safetensors").string(), "--device", device,
                  "--batch", "4", "--count", "6", "--npy", "--out", file.string()});
    CHECK(contains(result.error, device == "cuda" ? "Software GPU" : "CPU"));
    return contents_of(file);
  };
  const std::string on_gpu = drawn(kSampleSoftwareGpu, "cuda"), on_cpu = drawn(kSample, "cpu");
  REQUIRE(on_gpu.size() == on_cpu.size());
  int off = 0;
  for (std::size_t i = 0; i < on_cpu.size(); ++i) {
    const int difference = static_cast<unsigned char>(on_gpu[i]) - static_cast<unsigned char>(on_cpu[i]);
    REQUIRE(std::abs(difference) <= 1);
    off += difference != 0;
  }
  CHECK(off < static_cast<int>(on_cpu.size()) / 100);
}

TEST_CASE("gan_cuda_bench times iterations and instructions on the software GPU", "[ptx]") {
  const ProgramResult result = run_on_software_gpu(
      kBenchSoftwareGpu, {"--model", "dcgan", "--image-size", "16", "--channels", "1", "--width", "4", "--batch", "4",
                          "--device", "cuda", "--iterations", "2", "--warm-up", "1", "--profile"});
  const std::string first_line = result.out.substr(0, result.out.find('\n'));
  INFO(result.out);
  const auto summary = nlohmann::json::parse(first_line);
  CHECK(contains(first_line, "Software GPU"));
  CHECK(summary.is_object());
}

}  // namespace
}  // namespace gan::test
