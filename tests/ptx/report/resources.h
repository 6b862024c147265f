// What ptxas gave a kernel, and how many of its blocks an SM of an H200 holds at once.
#pragma once

#include <cstddef>
#include <istream>
#include <map>
#include <string>

namespace gan::ptx::report {

struct Resources {
  int registers = 0;       ///< a thread
  std::size_t local = 0;   ///< bytes of stack and local memory a thread: spills, or arrays that found no registers
  std::size_t shared = 0;  ///< static, bytes a block
};

/// The human name of a mangled one; the name itself if it is none.
std::string demangled(const std::string& name);

/// Reads what `ptxas -v` prints: kernels by demangled name.
std::map<std::string, Resources> read_resources(std::istream& in);

/// Warps at once on an SM, of its 64: the least that registers (65536, in steps of 256 a warp), shared memory (228 KiB, of
/// which every block takes 1 KiB for itself), threads and the 32 blocks of an SM allow.
int warps_at_once(const Resources& resources, int threads, std::size_t dynamic_shared);

}  // namespace gan::ptx::report
