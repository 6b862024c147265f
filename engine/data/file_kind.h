// What a file is that holds no image we read: for saying what was passed over.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace gan {

/// Bytes of a file's beginning that `file_kind` wants to see; more than `image_format` does.
inline constexpr std::size_t kFileHeadBytes = 64;

/// A file's kind by its first bytes: "GIF", "text", "empty", ... and "unknown".
std::string_view file_kind(std::span<const std::uint8_t> head);

/// How many files of each kind were passed over.
using PassedOver = std::map<std::string, std::int64_t, std::less<>>;

/// `3 files: 2 GIF, 1 text`: the most frequent kind first. Some there must be.
std::string describe_passed_over(const PassedOver& kinds);

}  // namespace gan
