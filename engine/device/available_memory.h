// How much memory this process may still take.
#pragma once

#include <cstddef>
#include <filesystem>

namespace gan {

/// Bytes that can be allocated without swapping, being killed or refused: the least of what the machine has available
/// (page cache that can be given back included), what the control groups of the process leave (containers; cgroup v2),
/// and what its address space limit (`ulimit -v`) leaves when each of `threads` threads has taken what it reserves.
/// `root` is where /proc and /sys are looked for. MachineError when the system does not say.
std::size_t available_memory(int threads, const std::filesystem::path& root = "/");

}  // namespace gan
