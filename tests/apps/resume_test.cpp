// A run that was killed and went on cannot be told from one that never stopped: the same files with the same bytes.
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <random>
#include <thread>

#include "tests/apps/app_test_support.h"
#include "tests/engine/data/foreign_files.h"

namespace gan::test {
namespace {

constexpr int kWrongInput = 2, kInterrupted = 130;
constexpr int kKilled = 128 + SIGKILL;

/// A program and a run whose checkpoints, samples and log lines fall on different iterations.
struct Subject {
  std::string program = kTrain;
  std::vector<std::string> more = {"--device", "cpu"};
  int iterations = 30;

  std::vector<std::string> start(const std::filesystem::path& run) const {
    std::vector<std::string> arguments =
        small_run(run, {"--iterations", std::to_string(iterations), "--checkpoint-every", "3", "--sample-every", "7",
                        "--log-every", "2", "--keep", "2", "--flip"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  /// What the run leaves when nobody disturbs it.
  std::map<std::string, std::string> undisturbed() const {
    const TemporaryFolder folder;
    const ProgramResult result = run_program(program, start(folder / "run"));
    INFO(result.error);
    REQUIRE(result.exit_code == 0);
    return tree(folder / "run");
  }

  /// Goes on with a killed run, as a user would: one killed before it had a config.toml is started again.
  void go_on(const std::filesystem::path& run) const {
    const bool begun = std::filesystem::exists(run / "config.toml");
    const ProgramResult result =
        run_program(program, begun ? std::vector<std::string>{"--resume", run.string()} : start(run));
    INFO(result.error);
    REQUIRE(result.exit_code == 0);
  }
};

const Subject kOnCpu;
/// Iterations of four kinds: early ones with more D steps, with and without penalties.
const Subject kOfManyKinds = {.more = {"--device", "cpu", "--norm", "none", "--r1", "1", "--r2", "0.5",
                                       "--penalty-every", "3", "--d-steps-early", "3", "--early-iterations", "8",
                                       "--reuse-noise"}};
const Subject kEmulated = {
    .program = kTrainEmulated, .more = {"--device", "cuda", "--width", "2", "--spectral-norm"}, .iterations = 14};

const Subject kFalling = {.more = {"--device", "cpu", "--optimizer", "sgd", "--lr", "0.01", "--lr-schedule", "cosine"}};

void pause() { std::this_thread::sleep_for(std::chrono::microseconds(50)); }

int lines_of_log(const std::filesystem::path& run) {
  if (!std::filesystem::exists(run / "log.jsonl")) return 0;
  const std::string log = contents_of(run / "log.jsonl");
  return static_cast<int>(std::count(log.begin(), log.end(), '\n'));
}

int half_written_files(const std::filesystem::path& run) {
  std::error_code ignored;  // the folder may not be there yet, and its files come and go
  int count = 0;
  for (std::filesystem::directory_iterator entry(run / "checkpoints", ignored), end; entry != end;
       entry.increment(ignored))
    count += entry->path().extension() == ".partial";
  return count;
}

/// Starts the run and kills it as soon as `is_moment` says so, `delay` later. Whether it was still running.
bool kill_when(const Subject& subject, const std::filesystem::path& run, const std::function<bool()>& is_moment,
               std::chrono::microseconds delay = {}) {
  RunningProgram program(subject.program, subject.start(run));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!is_moment() && !program.has_ended() && std::chrono::steady_clock::now() < end) pause();
  std::this_thread::sleep_for(delay);
  program.send(SIGKILL);
  return program.finish().exit_code == kKilled;
}

/// Kills at `kills` random moments, each in a run of its own, and compares what each leaves in the end.
void expect_kills_leave_no_trace(const Subject& subject, int kills, unsigned seed) {
  const auto expected = subject.undisturbed();
  std::mt19937 random(seed);
  int killed = 0;
  for (int i = 0; i < kills; ++i) {
    const int lines = static_cast<int>(random() % static_cast<unsigned>(subject.iterations / 2));
    const auto delay = std::chrono::microseconds(random() % 4000);
    INFO("kill " << i << ": after " << lines << " lines of the log and " << delay.count() << " microseconds");
    const TemporaryFolder folder;
    const auto run = folder / "run";
    killed += kill_when(
        subject, run, [&] { return lines_of_log(run) >= lines; }, delay);
    subject.go_on(run);
    expect_same_tree(expected, tree(run));
  }
  CHECK(killed >= kills * 3 / 4);  // a kill that came too late has tested nothing
}

/// Keeps every core busy while it lives.
class BusyMachine {
 public:
  BusyMachine() {
    for (std::thread& thread : threads_)
      thread = std::thread([this] {
        while (!stop_) {}
      });
  }
  BusyMachine(const BusyMachine&) = delete;
  BusyMachine& operator=(const BusyMachine&) = delete;
  ~BusyMachine() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::atomic<bool> stop_ = false;
  std::array<std::thread, 2> threads_;
};

TEST_CASE("twice in a row, and on a busy machine: the same bytes", "[resume]") {
  const auto expected = kOnCpu.undisturbed();
  expect_same_tree(expected, kOnCpu.undisturbed());
  const BusyMachine busy;
  expect_same_tree(expected, kOnCpu.undisturbed());
}

TEST_CASE("killed at random moments and resumed", "[resume]") { expect_kills_leave_no_trace(kOnCpu, 20, 1); }

TEST_CASE("killed and resumed on a busy machine", "[resume]") {
  const BusyMachine busy;
  expect_kills_leave_no_trace(kOnCpu, 2, 2);
}

TEST_CASE("killed and resumed between iterations of different kinds", "[resume]") {
  expect_kills_leave_no_trace(kOfManyKinds, 4, 5);
}

TEST_CASE("killed and resumed on the emulated CUDA device", "[resume]") {
  expect_kills_leave_no_trace(kEmulated, 4, 3);
}

TEST_CASE("killed and resumed while momentum builds up and the learning rate falls", "[resume]") {
  expect_kills_leave_no_trace(kFalling, 3, 5);
}

TEST_CASE("killed while a checkpoint is being written", "[resume]") {
  const auto expected = kOnCpu.undisturbed();
  std::mt19937 random(4);
  int half_written = 0;
  for (int kill = 0; kill < 12; ++kill) {
    const TemporaryFolder folder;
    const auto run = folder / "run";
    const int lines = static_cast<int>(random() % 12);
    INFO("kill " << kill << ": at the first checkpoint after " << lines << " lines of the log");
    kill_when(kOnCpu, run, [&] { return lines_of_log(run) >= lines && half_written_files(run) > 0; });
    half_written += half_written_files(run);
    kOnCpu.go_on(run);
    expect_same_tree(expected, tree(run));
  }
  CHECK(half_written >= 1);  // else no kill came in time
}

TEST_CASE("a run that is killed again and again still arrives", "[resume]") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  kill_when(kOnCpu, run, [&] { return lines_of_log(run) >= 3; });
  for (int kill = 1; kill < 4; ++kill) {
    RunningProgram program(kTrain, {"--resume", run.string()});
    while (lines_of_log(run) < 3 + 4 * kill && !program.has_ended()) pause();
    program.send(SIGKILL);
    program.finish();
  }
  kOnCpu.go_on(run);
  expect_same_tree(kOnCpu.undisturbed(), tree(run));
}

TEST_CASE("a finished run goes on to more iterations as if they had been asked for at once", "[resume]") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  Subject shorter = kOnCpu;
  shorter.iterations = 21;  // a multiple of --checkpoint-every and --sample-every, so that the end leaves no file more
  REQUIRE(run_program(kTrain, shorter.start(run)).exit_code == 0);
  const auto finished = tree(run);
  REQUIRE(run_program(kTrain, {"--resume", run.string()}).exit_code == 0);
  expect_same_tree(finished, tree(run));  // there was nothing left to do
  REQUIRE(run_program(kTrain, {"--resume", run.string(), "--iterations", "30"}).exit_code == 0);
  expect_same_tree(kOnCpu.undisturbed(), tree(run));
}

TEST_CASE("a run by the clock that SIGTERM ended goes on to the same bytes", "[resume]") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  std::vector<std::string> by_the_clock = kOnCpu.start(run);
  *(std::find(by_the_clock.begin(), by_the_clock.end(), "--iterations") + 1) = "100000000";
  std::replace(by_the_clock.begin(), by_the_clock.end(), std::string("--iterations"), std::string("--minutes"));
  RunningProgram program(kTrain, by_the_clock);
  while (lines_of_log(run) < 4 && !program.has_ended()) pause();
  program.send(SIGTERM);
  REQUIRE(program.finish().exit_code == kInterrupted);
  const auto so_far = log_of(run).back()["iteration"].get<int>();

  Subject longer = kOnCpu;  // long enough that everything kept is from after the signal
  longer.iterations = so_far + 20;
  REQUIRE(
      run_program(kTrain, {"--resume", run.string(), "--iterations", std::to_string(longer.iterations)}).exit_code ==
      0);
  auto expected = longer.undisturbed(), actual = tree(run);
  // The signal left a sample grid at an iteration where none was due.
  std::erase_if(actual,
                [&](const auto& file) { return file.first.starts_with("samples/") && !expected.contains(file.first); });
  expect_same_tree(expected, actual);
}

TEST_CASE("other settings are refused by name, or recorded when insisted on", "[resume]") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  REQUIRE(run_program(kTrain, kOnCpu.start(run)).exit_code == 0);
  const std::vector<std::pair<std::vector<std::string>, std::string>> changes = {
      {{"--lr", "0.1"}, "--g-lr was 0.0002, now 0.1; --d-lr was 0.0002, now 0.1"},
      {{"--batch", "5"}, "--batch was 4, now 5"},
      {{"--width", "8"}, "--width was 4, now 8"},
      {{"--threads", "1"}, "--threads was 2, now 1"},
      {{"--seed", "2"}, "--seed was 1, now 2"},
      {{"--objective", "minimax"}, "--objective was non-saturating, now minimax"},
      {{"--flip=false"}, "--flip was true, now false"},
      {{"--ema", "0"}, "--ema was 0.999, now 0"}};
  for (const auto& [options, message] : changes) {
    std::vector<std::string> arguments = {"--resume", run.string(), "--iterations", "35"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    expect_untouched_refusal(run, arguments, kWrongInput,
                             message +
                                 "; accepted are the run's own settings, or "
                                 "--allow-config-change");
  }
  // A change that was insisted on holds for the parts of the run that follow.
  REQUIRE(run_program(kTrain, {"--resume", run.string(), "--iterations", "31", "--batch", "5", "--allow-config-change"})
              .exit_code == 0);
  CHECK(contains(contents_of(run / "config.toml"), "\nbatch = 5 "));
  CHECK(contains(contents_of(run / "config.toml"), "\niterations = 31 "));
  CHECK(run_program(kTrain, {"--resume", run.string(), "--iterations", "32", "--batch", "5"}).exit_code == 0);
}

TEST_CASE("a run whose learning rate falls over its length keeps to that length", "[resume]") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  const auto resume_with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"--resume", run.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  REQUIRE(run_program(kTrain, small_run(run, {"--iterations", "6", "--lr-schedule", "linear"})).exit_code == 0);
  expect_untouched_refusal(run, resume_with({"--iterations", "9"}), kWrongInput,
                           "the run was 6 iterations long, now 9, and --lr-schedule linear follows its length; "
                           "accepted are the run's own settings, or --allow-config-change");
  expect_untouched_refusal(run, resume_with({"--minutes", "1"}), kWrongInput, "--lr-schedule linear with --minutes 1");
  expect_untouched_refusal(run, resume_with({"--lr-schedule", "constant", "--iterations", "9"}), kWrongInput,
                           "--lr-schedule was linear, now constant");
  CHECK(run_program(kTrain, resume_with({})).exit_code == 0);
  CHECK(run_program(kTrain, resume_with({"--iterations", "9", "--allow-config-change"})).exit_code == 0);
  CHECK(log_of(run).back()["iteration"] == 9);
  CHECK(run_program(kTrain, resume_with({"--iterations", "9"})).exit_code == 0);
}

TEST_CASE("other images under the same name are refused", "[resume]") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  const Bytes header = idx_header({20, 16, 16});
  Bytes pixels = noise(20 * 16 * 16);
  const std::string data = folder.write("images", joined({header, pixels}));
  REQUIRE(run_program(kTrain, small_run(run, {"--data", data, "--iterations", "3"})).exit_code == 0);
  pixels[7] ^= 1;
  folder.write("images", joined({header, pixels}));
  expect_untouched_refusal(run, {"--resume", run.string(), "--iterations", "4"}, kWrongInput,
                           "the images of --data " + data + " are not those the run has seen");
  pixels[7] ^= 1;
  folder.write("images", joined({header, pixels}));
  CHECK(run_program(kTrain, {"--resume", run.string(), "--iterations", "4"}).exit_code == 0);
}

TEST_CASE("a run has one writer", "[resume]") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  Subject endless = kOnCpu;
  endless.iterations = 100'000'000;
  RunningProgram program(kTrain, endless.start(run));
  while (lines_of_log(run) < 1 && !program.has_ended()) pause();
  const std::string holder = "is being written by process " + std::to_string(program.process()) + ";";
  expect_refusal({"--resume", run.string()}, kWrongInput, holder);
  expect_refusal(endless.start(run), kWrongInput, "is not empty");
  CHECK(!program.has_ended());
  program.send(SIGKILL);
  CHECK(program.finish().exit_code == kKilled);
  // The lock of a killed process means nothing.
  const int lines = lines_of_log(run);
  CHECK(run_program(kTrain, {"--resume", run.string(), "--iterations", std::to_string(2 * lines + 4)}).exit_code == 0);
  CHECK(!std::filesystem::exists(run / ".lock"));
}

TEST_CASE("the recorded configuration says how many channels the images have", "[resume]") {
  const TemporaryFolder folder;
  const auto run = folder / "run";
  const ProgramResult result =
      run_program(kTrain, small_run(run, {"--channels", "0", "--iterations", "2", "--device", "cpu"}));
  REQUIRE(result.exit_code == 0);
  const std::string config = contents_of(run / "config.toml");
  CHECK(contains(config, "\nchannels = 3  #"));  // the built-in shapes are coloured

  // Whoever asks for the data's channels again asks for the same; so does a run recorded before they were.
  CHECK(run_program(kTrain, {"--resume", run.string(), "--channels", "0", "--iterations", "3"}).exit_code == 0);
  std::string older = contents_of(run / "config.toml");
  older.replace(older.find("channels = 3"), 12, "channels = 0");
  write_plainly(run / "config.toml", older);
  CHECK(run_program(kTrain, {"--resume", run.string(), "--iterations", "4"}).exit_code == 0);
  CHECK(contains(contents_of(run / "config.toml"), "\nchannels = 3  #"));
  expect_refusal({"--resume", run.string(), "--channels", "1", "--iterations", "5"}, kWrongInput,
                 "--channels was 3, now 1");
}

}  // namespace
}  // namespace gan::test
