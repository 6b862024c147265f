#include "engine/network/file_layout.h"

#include <array>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// Calls `visit(file index, memory index)` for every element.
template <class Visit>
void for_each_element(const FileLayout& layout, Visit&& visit) {
  const Shape& memory = layout.memory_shape;
  const auto axes = static_cast<std::size_t>(memory.rank);
  std::array<std::int64_t, Shape::kMaxRank> memory_stride{}, extent{}, stride{}, at{};
  std::int64_t product = 1;
  for (std::size_t axis = axes; axis-- > 0;) {
    memory_stride[axis] = product;
    product *= memory.extent[axis];
  }
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const auto from = static_cast<std::size_t>(layout.permutation[axis]);
    extent[axis] = memory.extent[from];
    stride[axis] = memory_stride[from];
  }
  for (std::int64_t file = 0, position = 0; file < product; ++file) {
    visit(static_cast<std::size_t>(file), static_cast<std::size_t>(position));
    for (std::size_t axis = axes; axis-- > 0;) {  // the odometer of the file's axes
      position += stride[axis];
      if (++at[axis] < extent[axis]) break;
      position -= stride[axis] * extent[axis];
      at[axis] = 0;
    }
  }
}

void check_size(const std::vector<float>& values, const FileLayout& layout) {
  require(static_cast<std::int64_t>(values.size()) == layout.memory_shape.count(),
          "{} values for a parameter of shape {}", values.size(), to_string(layout.memory_shape));
}

}  // namespace

std::vector<float> to_file_order(const std::vector<float>& memory, const FileLayout& layout) {
  check_size(memory, layout);
  std::vector<float> file(memory.size());
  for_each_element(layout, [&](std::size_t f, std::size_t m) { file[f] = memory[m]; });
  return file;
}

std::vector<float> to_memory_order(const std::vector<float>& file, const FileLayout& layout) {
  check_size(file, layout);
  std::vector<float> memory(file.size());
  for_each_element(layout, [&](std::size_t f, std::size_t m) { memory[m] = file[f]; });
  return memory;
}

}  // namespace gan
