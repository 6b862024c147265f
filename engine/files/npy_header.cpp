#include "engine/files/npy_header.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gan {

std::string npy_header(std::span<const std::int64_t> shape) {
  constexpr std::size_t kAlignment = 64, kLengthBytes = 2;
  std::string header("\x93NUMPY\x01\x00", 8);
  // A tuple of one needs its comma.
  std::string description = fmt::format("{{'descr': '|u1', 'fortran_order': False, 'shape': ({}{}), }}",
                                        fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  const std::size_t bytes = header.size() + kLengthBytes + description.size() + 1;
  description.append((kAlignment - bytes % kAlignment) % kAlignment, ' ');
  description += '\n';
  header += static_cast<char>(description.size() & 0xFF);
  header += static_cast<char>(description.size() >> 8);
  return header + description;
}

}  // namespace gan
