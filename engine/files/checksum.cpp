#include "engine/files/checksum.h"

#include <fmt/format.h>

#define XXH_INLINE_ALL  // the library's header alone: nothing to link, nothing to bring along
#include <xxhash.h>

namespace gan {

std::uint64_t xxh64(std::span<const std::byte> bytes) { return XXH64(bytes.data(), bytes.size(), 0); }

std::string hex_digits(std::uint64_t value) { return fmt::format("{:016x}", value); }

}  // namespace gan
