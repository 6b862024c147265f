#include "engine/device/available_memory.h"

#include <sys/resource.h>

#include <algorithm>

#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::TemporaryFolder;
using test::write_plainly;

constexpr std::size_t kGigabyte = std::size_t{1} << 30, kMegabyte = std::size_t{1} << 20;

/// A made-up /proc and /sys of a machine with 8 GB available.
struct MadeUpMachine {
  MadeUpMachine() {
    std::filesystem::create_directories(folder / "proc/self");
    std::filesystem::create_directories(folder / "sys/fs/cgroup/outer/inner");
    write_plainly(folder / "proc/meminfo", "MemTotal: 16777216 kB\nMemFree: 1024 kB\nMemAvailable: 8388608 kB\n");
    write_plainly(folder / "proc/self/cgroup", "0::/outer/inner\n");
  }
  void limit(const std::string& group, const std::string& most, std::size_t used, std::size_t cache) const {
    const auto path = folder / ("sys/fs/cgroup/" + group);
    write_plainly(path / "memory.max", most + "\n");
    write_plainly(path / "memory.current", std::to_string(used) + "\n");
    write_plainly(path / "memory.stat", "anon 1\ninactive_file " + std::to_string(cache) + "\n");
  }
  std::size_t available() const { return available_memory(2, folder.path()); }
  TemporaryFolder folder;
};

TEST_CASE("memory that the page cache would give back is available", "[execution]") {
  const MadeUpMachine machine;
  CHECK(machine.available() == 8 * kGigabyte);
}

TEST_CASE("control groups limit memory, the tightest decides", "[execution]") {
  const MadeUpMachine machine;
  machine.limit("outer/inner", "max", 5 * kMegabyte, 0);
  CHECK(machine.available() == 8 * kGigabyte);
  machine.limit("outer", std::to_string(2 * kGigabyte), 700 * kMegabyte, 200 * kMegabyte);
  CHECK(machine.available() == 2 * kGigabyte - 500 * kMegabyte);
  machine.limit("outer/inner", std::to_string(kGigabyte), 300 * kMegabyte, 0);
  CHECK(machine.available() == kGigabyte - 300 * kMegabyte);
  // A container sees its own group as the root.
  machine.limit("", std::to_string(512 * kMegabyte), 512 * kMegabyte, 0);
  CHECK(machine.available() == 0);
}

TEST_CASE("a limit on the address space counts", "[execution]") {
  const std::size_t before = available_memory(2);
  CHECK(before > 0);
  rlimit previous{};
  REQUIRE(::getrlimit(RLIMIT_AS, &previous) == 0);
  const auto limited = test::in_child([&] {
    const rlimit limit{4 * kGigabyte, previous.rlim_max};
    return ::setrlimit(RLIMIT_AS, &limit) == 0 && available_memory(2) < std::min(before + 1, 4 * kGigabyte) ? 0 : 1;
  });
  CHECK(test::exit_code_of(limited) == 0);
}

TEST_CASE("a machine that does not say is not guessed at", "[execution]") {
  const TemporaryFolder nothing;
  CHECK(test::contains(test::message_of<MachineError>([&] { static_cast<void>(available_memory(2, nothing.path())); }),
                       "MemAvailable"));
}

}  // namespace
}  // namespace gan
