// A fast 64-bit checksum against bit rot (not against forgery).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace gan {

/// XXH64 of the bytes with seed 0, as the public specification defines it (Y. Collet, xxHash fast digest algorithm,
/// XXH64): `xxhsum -H1` prints the same digest. Reads each byte once.
std::uint64_t xxh64(std::span<const std::byte> bytes);

/// 16 lower-case hexadecimal digits.
std::string hex_digits(std::uint64_t value);

}  // namespace gan
