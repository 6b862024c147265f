// What is wrong with a kernel by its counts, and the reasons that kernels give for it in their headers.
//
// A reason is a line of a comment in a .cu or .cuh file of kernels/:
//   // report: NAME uncoalesced: REASON        also bank-conflicted, divergent, local-memory
// NAME is an identifier of the kernel's full name: the kernel function or the functor it was instantiated with.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/ptx/report/counts.h"
#include "tests/ptx/report/resources.h"

namespace gan::ptx::report {

constexpr double kLeastUseful = 0.85;  ///< of the sectors of global memory that are loaded or stored
constexpr double kMostWays = 1.05;     ///< of an access to shared memory, on average
constexpr double kLeastLanes = 28;     ///< of 32, in the main loop

struct Finding {
  std::string kind;  ///< "uncoalesced", "bank-conflicted", "divergent", "local-memory"
  std::string text;
};

/// What is wrong; nothing: empty.
std::vector<Finding> findings(const Counts& counts, const Resources& resources);

struct Reason {
  std::string name, kind, text;
  std::string place;  ///< "conv_dgrad.cu:7"
  bool needed = false;
};

/// The reasons in the files of a folder, and below. Throws std::runtime_error, naming the line, for a line that begins
/// like a reason and is none.
std::vector<Reason> read_reasons(const std::filesystem::path& folder);

/// The reason that excuses the finding of that kernel (its demangled name), which is then needed; null if there is none.
const Reason* excuse(std::vector<Reason>& reasons, const std::string& kernel, const Finding& finding);

}  // namespace gan::ptx::report
