#include "engine/files/run_folder.h"

#include "engine/files/atomic_file.h"
#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using test::contents_of;
using test::message_of;
using test::TemporaryFolder;
using test::write_plainly;

SafetensorsFile contents_at(std::int64_t iteration) {
  SafetensorsFile file;
  file.metadata["step"] = std::to_string(iteration);
  file.tensors.push_back(StoredTensor::of<std::int64_t>("step", {1}, std::vector<std::int64_t>{iteration}));
  return file;
}

void damage(const std::filesystem::path& path) {
  std::string bytes = contents_of(path);
  bytes.back() ^= 1;
  write_plainly(path, bytes);
}

using Iterations = std::vector<std::int64_t>;

TEST_CASE("a new run folder and its paths", "[files]") {
  const TemporaryFolder folder;
  const auto root = folder / "deep/er/run";
  RunFolder::check_free(root);
  CHECK(test::count_files(folder.path()) == 0);
  const RunFolder run = RunFolder::create(root);
  CHECK(run.root() == root);
  CHECK(run.config() == root / "config.toml");
  CHECK(run.log() == root / "log.jsonl");
  CHECK(run.sample(1000) == root / "samples/step-00001000.png");
  CHECK(run.checkpoint(1000) == root / "checkpoints/step-1000.safetensors");
  CHECK(std::filesystem::is_directory(run.samples()));
  CHECK(std::filesystem::is_directory(run.checkpoints()));
  CHECK(test::count_files(root) == 3);  // with the lock
  CHECK(!run.latest_checkpoint());
}

TEST_CASE("an empty folder may become a run, a filled one may not", "[files]") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "run");
  write_plainly(RunFolder::create(folder / "run").config(), "");
  const std::string message = message_of<InputError>([&] { RunFolder::create(folder / "run"); });
  CHECK(contains(message, (folder / "run").string()));
  CHECK(contains(message, "not empty"));
  CHECK(contains(message, "--resume"));

  std::filesystem::create_directory(folder / "other");
  write_plainly(folder / "other/thesis.txt", "precious");
  CHECK(contains(message_of<InputError>([&] { RunFolder::create(folder / "other"); }), "not empty"));
  CHECK(test::count_files(folder / "other") == 1);
  CHECK(contents_of(folder / "other/thesis.txt") == "precious");
}

TEST_CASE("what a run leaves that was killed before it had a config.toml is no obstacle", "[files]") {
  const TemporaryFolder folder;
  const auto root = folder / "run";
  std::filesystem::create_directories(root / "checkpoints");
  std::filesystem::create_directories(root / "samples");
  write_plainly(root / ".lock", "77\n");
  write_plainly(root / "config.toml.77-0.partial", "half");
  RunFolder::check_free(root);
  CHECK(test::count_files(root) == 4);
  RunFolder::create(root);
  CHECK(test::count_files(root) == 2);
  write_plainly(root / "samples/cat.png", "precious");
  CHECK(contains(message_of<InputError>([&] { RunFolder::check_free(root); }), "not empty"));
}

TEST_CASE("a run is written by one process at a time", "[files]") {
  const TemporaryFolder folder;
  {
    const RunFolder first = RunFolder::create(folder / "run");
    write_plainly(first.config(), "");
    RunFolder second = RunFolder::open(folder / "run");
    CHECK(contains(message_of<InputError>([&] { second.prepare_to_continue(); }), "is being written by process"));
  }
  RunFolder::open(folder / "run").prepare_to_continue();
}

TEST_CASE("places where no run folder can be are the user's to change", "[files]") {
  const TemporaryFolder folder;
  write_plainly(folder / "file", "x");
  CHECK(contains(message_of<InputError>([&] { RunFolder::create(folder / "file"); }), "is a file"));
  CHECK(contains(message_of<InputError>([&] { RunFolder::create(folder / "file/run"); }), "Not a directory"));
  CHECK(contains(message_of<InputError>([&] { RunFolder::create("/proc/run"); }),
                 "cannot make the run folder '/proc/run'"));
  CHECK(test::count_files(folder.path()) == 1);
}

TEST_CASE("a folder without write permission is refused", "[files]") {
  if (::geteuid() == 0) {
    WARN("not run: permissions do not bind root");
    return;
  }
  const TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  CHECK(contains(message_of<InputError>([&] { RunFolder::create(folder / "run"); }), "Permission denied"));
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
}

TEST_CASE("only the folder of a run is opened", "[files]") {
  const TemporaryFolder folder;
  CHECK(contains(message_of<InputError>([&] { RunFolder::open(folder / "missing"); }), "there is no run folder"));
  CHECK(contains(message_of<InputError>([&] { RunFolder::open(folder.path()); }), "no config.toml"));
  write_plainly(folder / "config.toml", "");
  CHECK(RunFolder::open(folder.path()).root() == folder.path());
}

TEST_CASE("continuing makes missing folders and clears half-written files", "[files]") {
  const TemporaryFolder folder;
  write_plainly(folder / "config.toml", "");
  write_plainly(folder / "config.toml.77-0.partial", "half");
  std::filesystem::create_directory(folder / "checkpoints");
  write_plainly(folder / "checkpoints/step-3.safetensors.77-0.partial", "half");
  RunFolder run = RunFolder::open(folder.path());
  CHECK(test::count_files(folder.path()) == 3);
  run.prepare_to_continue();
  CHECK(test::count_files(folder.path()) == 4);  // config.toml, samples, checkpoints, and the lock
  CHECK(test::count_files(run.checkpoints()) == 0);
}

TEST_CASE("checkpoints are listed by number and other files are ignored", "[files]") {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  for (const std::int64_t iteration : {900, 1000, 20})
    save_safetensors(run.checkpoint(iteration), contents_at(iteration));
  for (const char* name :
       {"step-.safetensors", "step-07.safetensors", "step--7.safetensors", "step-7.safetensors.1-0.partial",
        "step-7.png", "step-7x.safetensors", "best.safetensors", "step-99999999999999999999.safetensors"}) {
    write_plainly(run.checkpoints() / name, "x");
  }
  CHECK(run.checkpoint_iterations() == Iterations{20, 900, 1000});
  const auto latest = run.latest_checkpoint();
  REQUIRE(latest);
  CHECK(latest->iteration == 1000);
  CHECK(latest->path == run.checkpoint(1000));
  CHECK(latest->file.metadata.at("step") == "1000");
  CHECK(latest->skipped.empty());
}

TEST_CASE("a damaged checkpoint is passed over, and the reason is told", "[files]") {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  for (const std::int64_t iteration : {1, 2, 3}) save_safetensors(run.checkpoint(iteration), contents_at(iteration));
  damage(run.checkpoint(3));
  write_plainly(run.checkpoint(2), "");
  const auto latest = run.latest_checkpoint();
  REQUIRE(latest);
  CHECK(latest->iteration == 1);
  REQUIRE(latest->skipped.size() == 2);
  CHECK(contains(latest->skipped[0], "step-3.safetensors: tensor 'step' is damaged"));
  CHECK(contains(latest->skipped[1], "step-2.safetensors: truncated"));

  damage(run.checkpoint(1));
  const std::string message = message_of<InputError>([&] { static_cast<void>(run.latest_checkpoint()); });
  CHECK(contains(message, "no checkpoint of"));
  CHECK(contains(message, "step-1.safetensors"));
  CHECK(contains(message, "step-3.safetensors"));
}

TEST_CASE("the newest checkpoints are kept", "[files]") {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  for (const std::int64_t iteration : {8, 9, 10, 11})
    save_safetensors(run.checkpoint(iteration), contents_at(iteration));
  write_plainly(run.checkpoints() / "best.safetensors", "x");
  run.keep_last(9);
  CHECK(run.checkpoint_iterations() == Iterations{8, 9, 10, 11});
  run.keep_last(2);
  CHECK(run.checkpoint_iterations() == Iterations{10, 11});
  run.keep_last(1);
  CHECK(run.checkpoint_iterations() == Iterations{11});
  CHECK(test::count_files(run.checkpoints()) == 2);
  CHECK(contains(message_of<Error>([&] { run.keep_last(0); }), "at least 1"));
}

TEST_CASE("checkpoints of an abandoned future are discarded", "[files]") {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  for (const std::int64_t iteration : {100, 200, 300})
    save_safetensors(run.checkpoint(iteration), contents_at(iteration));
  run.discard_checkpoints_after(200);
  CHECK(run.checkpoint_iterations() == Iterations{100, 200});
}

}  // namespace
}  // namespace gan
