#include "engine/files/checksum.h"

#include <fmt/format.h>

#define XXH_INLINE_ALL  // the library's header alone: nothing to link, nothing to bring along
#include <xxhash.h>

#include <algorithm>
#include <vector>

#include "engine/files/descriptor.h"

namespace gan {

std::uint64_t xxh64(std::span<const std::byte> bytes) { return XXH64(bytes.data(), bytes.size(), 0); }

std::uint64_t xxh64_of_file(const std::filesystem::path& path) {
  constexpr std::uint64_t kPiece = 1 << 20;
  const Descriptor file = open_for_reading(path);
  const std::uint64_t size = size_of_file(file, path);
  std::vector<std::byte> buffer(std::min(kPiece, size));
  XXH64_state_t state;
  XXH64_reset(&state, 0);
  for (std::uint64_t offset = 0; offset < size; offset += buffer.size()) {
    const auto piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), size - offset));
    read_fully(file, offset, piece, path);
    XXH64_update(&state, piece.data(), piece.size());
  }
  return XXH64_digest(&state);
}

std::string hex_digits(std::uint64_t value) { return fmt::format("{:016x}", value); }

}  // namespace gan
