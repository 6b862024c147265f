#include "tests/ptx/runtime/fat_binary.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace gan::ptx::runtime {
namespace {

constexpr std::uint32_t kWrapperMagic = 0x466243b1, kMagic = 0xba55ed50;
constexpr std::uint16_t kPtx = 1;
constexpr std::uint64_t kCompressed = 0x2000 | 0x8000;

template <class T>
T read(const unsigned char* at, std::size_t offset) {
  T value;
  std::memcpy(&value, at + offset, sizeof value);
  return value;
}

}  // namespace

std::vector<std::string> ptx_texts(const void* wrapper, int arch) {
  const auto* w = static_cast<const unsigned char*>(wrapper);
  if (read<std::uint32_t>(w, 0) != kWrapperMagic) throw std::runtime_error("not a fat binary");
  const auto* data = read<const unsigned char*>(w, 8);
  if (read<std::uint32_t>(data, 0) != kMagic) throw std::runtime_error("a fat binary of an unknown form");
  const auto* at = data + read<std::uint16_t>(data, 6);
  const auto* end = at + read<std::uint64_t>(data, 8);
  std::vector<std::pair<int, std::string>> found;
  while (at < end) {
    const auto header = read<std::uint32_t>(at, 4), for_arch = read<std::uint32_t>(at, 28);
    const auto bytes = read<std::uint64_t>(at, 8), flags = read<std::uint64_t>(at, 40 + 16);
    if (read<std::uint16_t>(at, 0) == kPtx && static_cast<int>(for_arch) <= arch) {
      const char* text = reinterpret_cast<const char*>(at + header);
      if ((flags & kCompressed) != 0 || std::memchr(text, '.', std::min<std::size_t>(bytes, 400)) == nullptr)
        throw std::runtime_error("compressed PTX: compile with -no-compress");
      found.emplace_back(for_arch, std::string(text, strnlen(text, bytes)));
    }
    at += header + bytes;
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> texts;
  for (auto& [a, text] : found) texts.push_back(std::move(text));
  return texts;
}

}  // namespace gan::ptx::runtime
