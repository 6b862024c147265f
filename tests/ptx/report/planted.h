// Kernels that the report must call bad, each in its own way.
#pragma once

#include <string>

namespace gan::ptx::report {

/// Launches 4 blocks of the kernel of that name in planted.cu.
void launch_planted(const std::string& name);

}  // namespace gan::ptx::report
