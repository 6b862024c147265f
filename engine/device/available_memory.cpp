#include "engine/device/available_memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

#include "kernels/core/contract/error.h"

namespace gan {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

std::uint64_t left(std::uint64_t limit, std::uint64_t used) { return limit > used ? limit - used : 0; }

/// The number behind `key` in a file of "key number" lines.
std::optional<std::uint64_t> number_behind(const fs::path& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string word; file >> word;)
    if (std::uint64_t value = 0; word == key && file >> value) return value;
  return std::nullopt;
}

/// The number that is all of a file; nothing when it is missing or says "max".
std::optional<std::uint64_t> number_in(const fs::path& path) {
  std::ifstream file(path);
  if (std::uint64_t value = 0; file >> value) return value;
  return std::nullopt;
}

/// What a control group leaves: its limit without what its processes use, but with the cache that would be given back.
std::uint64_t left_by_group(const fs::path& group) {
  const auto limit = number_in(group / "memory.max"), used = number_in(group / "memory.current");
  if (!limit || !used) return kUnlimited;
  return left(*limit, left(*used, number_behind(group / "memory.stat", "inactive_file").value_or(0)));
}

/// The least that the group of this process and the groups around it leave.
std::uint64_t left_by_groups(const fs::path& root) {
  const fs::path mount = root / "sys/fs/cgroup";
  std::ifstream file(root / "proc/self/cgroup");
  fs::path group;
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("0::/")) group = line.substr(4);
  std::uint64_t least = left_by_group(mount);
  for (; !group.empty(); group = group.parent_path()) least = std::min(least, left_by_group(mount / group));
  return least;
}

std::uint64_t left_of_address_space(int threads, const fs::path& root) {
  // A stack of 8 MB, and while it is being aligned a heap of 128 MB: reserved addresses, hardly any of it memory.
  constexpr std::uint64_t kReservedByThread = std::uint64_t{136} << 20;
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kUnlimited;
  const std::uint64_t pages = number_in(root / "proc/self/statm").value_or(0);
  const std::uint64_t used = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return left(limit.rlim_cur, used + static_cast<std::uint64_t>(threads) * kReservedByThread);
}

}  // namespace

std::size_t available_memory(int threads, const fs::path& root) {
  const auto kilobytes = number_behind(root / "proc/meminfo", "MemAvailable:");
  if (!kilobytes) throw MachineError(fmt::format("{}: does not say MemAvailable", (root / "proc/meminfo").string()));
  return std::min({*kilobytes * 1024, left_by_groups(root), left_of_address_space(threads, root)});
}

}  // namespace gan
