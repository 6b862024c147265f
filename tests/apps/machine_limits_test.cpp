// A machine that is too small: exit code 3, a message that says how much was needed, and nothing lost.
#include <sys/mount.h>
#include <sys/resource.h>

#include "tests/apps/app_test_support.h"

namespace gan::test {
namespace {

constexpr int kMachineCannot = 3;

/// A file system of its own with room for `bytes`, if this process may make one.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& bytes) {
    mounted_ = ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, ("size=" + bytes).c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }

  bool mounted() const { return mounted_; }
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

 private:
  TemporaryFolder folder_;
  bool mounted_ = false;
};

/// No file and no memory of the programs started while it lives can grow beyond `bytes`.
class Limit {
 public:
  Limit(__rlimit_resource resource, rlim_t bytes) : resource_(resource) {
    ::getrlimit(resource_, &previous_);
    const rlimit limit{bytes, previous_.rlim_max};
    ::setrlimit(resource_, &limit);
  }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;
  ~Limit() { ::setrlimit(resource_, &previous_); }

 private:
  __rlimit_resource resource_;
  rlimit previous_{};
};

/// The run stopped for want of room while writing `file`; what it has is whole, and with room it goes on to the same
/// bytes as if there had always been enough.
void expect_stop_without_loss(const ProgramResult& result, const std::filesystem::path& run, const std::string& file,
                              const std::string& reason) {
  INFO(result.error);
  CHECK(result.exit_code == kMachineCannot);
  CHECK(result.out.empty());
  CHECK(contains(result.error, "gan_cuda_train: error: cannot write '" + (run / file).string()));
  CHECK(contains(result.error, reason));
  CHECK(!std::filesystem::exists(run / ".lock"));
  for (const auto& [name, bytes] : tree(run)) CHECK(!name.ends_with(".partial"));
}

TEST_CASE("the disk is full while a checkpoint is written", "[limits]") {
  // Room for two checkpoints of about 51 kB and not for three.
  const SmallDisk disk("136k");
  if (!disk.mounted()) {
    WARN("not run: this process may not mount a file system");
    return;
  }
  const auto run = disk / "run";
  const std::vector<std::string> lengths = {"--iterations", "8", "--checkpoint-every", "2", "--device", "cpu"};
  expect_stop_without_loss(run_program(kTrain, small_run(run, lengths)), run, "checkpoints/step-6.safetensors",
                           "No space left on device");
  CHECK(files_in(run / "checkpoints") == std::vector<std::string>{"step-2.safetensors", "step-4.safetensors"});

  const TemporaryFolder roomy;
  const auto moved = roomy / "run", undisturbed = roomy / "undisturbed";
  std::filesystem::copy(run, moved, std::filesystem::copy_options::recursive);
  REQUIRE(run_program(kTrain, {"--resume", moved.string()}).exit_code == 0);
  REQUIRE(run_program(kTrain, small_run(undisturbed, lengths)).exit_code == 0);
  expect_same_tree(tree(undisturbed), tree(moved));
}

TEST_CASE("a limit on the size of files stops a run like a full disk does", "[limits]") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  const ProgramResult result = [&] {
    const Limit files(RLIMIT_FSIZE, 16 << 10);
    return run_program(kTrain, small_run(run, {"--iterations", "6", "--checkpoint-every", "2", "--device", "cpu"}));
  }();
  expect_stop_without_loss(result, run, "checkpoints/step-2.safetensors", "File too large");
}

TEST_CASE("a plan larger than the memory", "[limits]") {
  const TemporaryFolder folder;
  const auto with_batch = [&](const std::string& batch) {
    return small_run(folder / "run", {"--image-size", "64", "--batch", batch, "--iterations", "1", "--device", "cpu",
                                      "--width", "4", "--hold-out", "0"});
  };
  // The emulated program: the CUDA libraries of the other one fill gigabytes of addresses before main().
  const Limit memory(RLIMIT_AS, rlim_t{1} << 30);
  const ProgramResult refused = run_program(kTrainEmulated, with_batch("8192"));
  INFO(refused.error);
  CHECK(refused.exit_code == kMachineCannot);
  CHECK(contains(refused.error, "the plan needs "));
  CHECK(contains(refused.error, " is free; the largest --batch that fits is "));
  CHECK(!std::filesystem::exists(folder / "run"));
  // Half the batch it names trains. Not the whole: under a limit on addresses, what threads and libraries reserve differs
  // from run to run.
  const int batch = std::stoi(refused.error.substr(refused.error.rfind(' ')));
  CHECK(batch > 2000);
  CHECK(batch < 8192);
  const ProgramResult result = run_program(kTrainEmulated, with_batch(std::to_string(batch / 2)));
  INFO(result.error);
  CHECK(result.exit_code == 0);
}

TEST_CASE("a model for which no batch fits", "[limits]") {
  const TemporaryFolder folder;
  const Limit memory(RLIMIT_AS, rlim_t{1} << 30);
  expect_refusal(
      small_run(folder / "run", {"--width", "1024", "--image-size", "64", "--iterations", "1", "--device", "cpu"}),
      kMachineCannot, "no --batch fits: a smaller --width or --image-size may");
  CHECK(!std::filesystem::exists(folder / "run"));
}

}  // namespace
}  // namespace gan::test
