// The container that nvcc puts device code into.
#pragma once

#include <string>
#include <vector>

namespace gan::ptx::runtime {

/// PTX texts of a fat binary, the best for `arch` (90 for sm_90) first; `wrapper` is what __cudaRegisterFatBinary gets.
/// Throws std::runtime_error if a text is compressed.
std::vector<std::string> ptx_texts(const void* wrapper, int arch);

}  // namespace gan::ptx::runtime
