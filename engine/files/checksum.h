// A fast 64-bit checksum against bit rot (not against forgery).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace gan {

/// XXH64 of the bytes with seed 0, as the public specification defines it (Y. Collet, xxHash fast digest algorithm,
/// XXH64): `xxhsum -H1` prints the same digest. Reads each byte once.
std::uint64_t xxh64(std::span<const std::byte> bytes);

/// The same of a file's bytes, read piece by piece. InputError, naming the file, when it cannot be read.
std::uint64_t xxh64_of_file(const std::filesystem::path& path);

/// 16 lower-case hexadecimal digits.
std::string hex_digits(std::uint64_t value);

}  // namespace gan
