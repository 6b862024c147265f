// A CUDA runtime without a GPU: what our host code asks of CUDA, and what it does with the answers, can be tested
// anywhere. It stands in for the library at link time; kernels are never run.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace gan::fake_cuda {

/// The machine that the runtime pretends to be, and what was asked of it.
struct Runtime {
  std::vector<int> capability_majors;  ///< of the GPUs, in CUDA's order
  bool has_driver = true;
  std::size_t static_shared_bytes = 0;  ///< of every kernel

  int device_taken = -1;                      ///< by cudaSetDevice
  std::optional<int> dynamic_shared_allowed;  ///< what cudaFuncSetAttribute asked for
  std::size_t dynamic_shared_launched = 0;    ///< of the last launch
  int launches = 0;
};

/// The one there is; a test assigns a fresh one first.
Runtime& runtime();

}  // namespace gan::fake_cuda
