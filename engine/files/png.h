// PNG files of 8-bit images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "engine/files/image.h"

namespace gan {

/// The PNG file's bytes for pixels (height, width, channels). Error when the number of pixels is wrong or channels is
/// neither 1 nor 3; MachineError when the encoder fails.
std::vector<std::byte> encode_png(std::int64_t height, std::int64_t width, std::int64_t channels,
                                  std::span<const std::uint8_t> pixels);

/// Encodes and writes atomically; MachineError (path, reason) when the system refuses.
void write_png(const std::filesystem::path& path, std::int64_t height, std::int64_t width, std::int64_t channels,
               std::span<const std::uint8_t> pixels);
void write_png(const std::filesystem::path& path, const Image& image);

}  // namespace gan
