#include "engine/files/npy_header.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>

#include "kernels/core/contract/error.h"

namespace gan {

std::string npy_header(std::span<const std::int64_t> shape, DType dtype) {
  static_assert(std::endian::native == std::endian::little);
  require(dtype == DType::U8 || dtype == DType::F32, "no .npy files of {} are written", name_of(dtype));
  constexpr std::size_t kAlignment = 64, kLengthBytes = 2;
  std::string header("\x93NUMPY\x01\x00", 8);
  // A tuple of one needs its comma.
  std::string description =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", dtype == DType::U8 ? "|u1" : "<f4",
                  fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  const std::size_t bytes = header.size() + kLengthBytes + description.size() + 1;
  description.append((kAlignment - bytes % kAlignment) % kAlignment, ' ');
  description += '\n';
  header += static_cast<char>(description.size() & 0xFF);
  header += static_cast<char>(description.size() >> 8);
  return header + description;
}

}  // namespace gan
