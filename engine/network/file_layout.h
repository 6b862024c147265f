// Between the order of parameters in memory and PyTorch's order in files.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/network/layer.h"

namespace gan {

/// The elements of a parameter in file order, from memory order.
std::vector<float> to_file_order(const std::vector<float>& memory, const FileLayout& layout);

/// The inverse.
std::vector<float> to_memory_order(const std::vector<float>& file, const FileLayout& layout);

}  // namespace gan
