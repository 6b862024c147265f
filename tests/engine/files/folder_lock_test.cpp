#include "engine/files/folder_lock.h"

#include <optional>
#include <vector>

#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using test::TemporaryFolder;

std::string refusal(const TemporaryFolder& folder) {
  return test::message_of<InputError>([&] { const FolderLock lock(folder.path()); });
}

TEST_CASE("a folder has one writer, and the second is told who it is", "[files]") {
  const TemporaryFolder folder;
  std::optional<FolderLock> lock{folder.path()};
  const std::string message = refusal(folder);
  CHECK(
      contains(message, "'" + folder.path().string() + "' is being written by process " + std::to_string(::getpid())));
  FolderLock moved = std::move(*lock);
  lock.reset();
  CHECK(contains(refusal(folder), "is being written"));
  moved = FolderLock();
  CHECK(test::count_files(folder.path()) == 0);
  const FolderLock again(folder.path());
}

TEST_CASE("a folder of its own each", "[files]") {
  const TemporaryFolder one, other;
  const FolderLock first(one.path()), second(other.path());
  CHECK(contains(refusal(one), one.path().string()));
}

TEST_CASE("the lock of a killed process means nothing", "[files]") {
  const TemporaryFolder folder;
  const pid_t child = test::in_child([&] {
    const FolderLock lock(folder.path());
    ::raise(SIGKILL);
    return 0;
  });
  CHECK(test::exit_code_of(child) == 128 + SIGKILL);
  CHECK(test::count_files(folder.path()) == 1);
  { const FolderLock lock(folder.path()); }
  CHECK(test::count_files(folder.path()) == 0);
}

TEST_CASE("many want the same folder: never two at once", "[files]") {
  const TemporaryFolder folder;
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i)
    children.push_back(test::in_child([&] {
      for (int taken = 0; taken < 50;) try {
          const FolderLock lock(folder.path());
          // Creating it fails when somebody else is here.
          if (!std::filesystem::create_directory(folder / "here")) return 1;
          std::filesystem::remove(folder / "here");
          ++taken;
        } catch (const InputError&) {}
      return 0;
    }));
  for (const pid_t child : children) CHECK(test::exit_code_of(child) == 0);
}

TEST_CASE("a folder that cannot be written", "[files]") {
  CHECK(contains(test::message_of<MachineError>([] { const FolderLock lock("/proc"); }), "cannot write '/proc/.lock'"));
}

}  // namespace
}  // namespace gan
