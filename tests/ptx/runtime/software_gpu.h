// What a program can ask the software GPU that a real one would not answer.
#pragma once

#include <string>
#include <vector>

namespace gan::ptx::runtime {

/// The name that cudaGetDeviceProperties gives, for a test that must not run on anything else.
constexpr const char* kDeviceName = "Software GPU";

/// Every PTX instruction with its modifiers ("fma.rn.f32") of every kernel of this program, sorted, each once. Throws
/// SyntaxError if a kernel cannot be decoded.
std::vector<std::string> instruction_forms();

/// The last message about a kernel or a call that the software GPU refused; it has none after that.
std::string take_complaint();

}  // namespace gan::ptx::runtime
