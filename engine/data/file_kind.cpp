#include "engine/data/file_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace gan {

namespace {

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  std::string_view kind;
};

using std::string_view_literals::operator""sv;

/// The first that fits counts.
constexpr Signature kSignatures[] = {
    {0, "GIF8"sv, "GIF"},
    {8, "WEBP"sv, "animated WebP"},  // still ones are images
    {0, "BM"sv, "BMP"},
    {0, "II*\0"sv, "TIFF"},
    {0, "MM\0*"sv, "TIFF"},
    {4, "ftypavi"sv, "AVIF"},  // avif, and avis for sequences
    {4, "ftyphei"sv, "HEIC"},
    {4, "ftypmif1"sv, "HEIC"},
    {4, "ftyp"sv, "MP4"},
    {0, "\xff\x0a"sv, "JPEG XL"},
    {4, "JXL \r\n\x87\n"sv, "JPEG XL"},
    {4, "jP  \r\n\x87\n"sv, "JPEG 2000"},
    {0, "8BPS"sv, "Photoshop"},
    {0, "%PDF"sv, "PDF"},
    {0, "PK\x03\x04"sv, "zip"},
    {0, "\x1f\x8b"sv, "gzip"},
    {0, "\x93NUMPY"sv, "NumPy"},
    {0, "\0\0\x08"sv, "IDX"},
    {0, "\0\x05\x16\x07"sv, "AppleDouble"},
};

/// Printable ASCII, the usual white space, and whatever UTF-8 has beyond.
bool is_text(std::uint8_t byte) { return (byte >= ' ' && byte != 0x7f) || (byte >= '\t' && byte <= '\r'); }

}  // namespace

std::string_view file_kind(std::span<const std::uint8_t> head) {
  if (head.empty()) return "empty";
  const std::string_view bytes(reinterpret_cast<const char*>(head.data()), head.size());
  for (const Signature& signature : kSignatures)
    if (bytes.size() > signature.offset && bytes.substr(signature.offset).starts_with(signature.bytes))
      return signature.kind;
  return std::all_of(head.begin(), head.end(), is_text) ? "text" : "unknown";
}

std::string describe_passed_over(const PassedOver& kinds) {
  std::vector<std::pair<std::string_view, std::int64_t>> sorted(kinds.begin(), kinds.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::int64_t total = 0;
  std::string list;
  for (const auto& [kind, count] : sorted) {
    total += count;
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", count, kind);
  }
  return fmt::format("{} {}: {}", total, total == 1 ? "file" : "files", list);
}

}  // namespace gan
