// Zip archives byte by byte, with whatever lies in them. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
#pragma once

#include <optional>

#include "tests/engine/data/foreign_files.h"

namespace gan::test {

/// The lowest bytes of a number, least significant first.
inline Bytes little_endian(std::uint64_t number, int bytes) {
  Bytes out;
  for (int i = 0; i < bytes; ++i) out.push_back(std::uint8_t(number >> 8 * i));
  return out;
}

/// A raw deflate stream, without header or checksum.
inline Bytes deflated(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kHeader = 10, kTrailer = 8;  // of the gzip member around it
  const Bytes member = gzip(bytes, 9);
  return {member.begin() + kHeader, member.end() - kTrailer};
}

/// A file in an archive. What is set beyond name and content is a lie, or a trick.
struct ZipRecipe {
  std::string name;
  Bytes content;
  bool deflate = false;
  std::uint16_t flags = 0;                             // bit 0: encrypted
  std::optional<std::uint16_t> method = std::nullopt;  // of both headers
  std::optional<std::uint32_t> size = std::nullopt, packed_size = std::nullopt, checksum = std::nullopt;
  std::optional<std::uint32_t> offset = std::nullopt;  // of its local header
  std::uint32_t unix_mode = 0;
};

/// Local headers and data, central directory, end record.
inline Bytes zip_archive(const std::vector<ZipRecipe>& files) {
  Bytes archive, directory;
  for (const ZipRecipe& file : files) {
    const Bytes data = file.deflate ? deflated(file.content) : file.content;
    const std::uint32_t checksum = std::uint32_t(crc32(0, file.content.data(), uInt(file.content.size())));
    const Bytes common = joined({little_endian(20, 2), little_endian(file.flags, 2),
                                 little_endian(file.method.value_or(file.deflate ? 8 : 0), 2), little_endian(0, 4),
                                 little_endian(file.checksum.value_or(checksum), 4),
                                 little_endian(file.packed_size.value_or(std::uint32_t(data.size())), 4),
                                 little_endian(file.size.value_or(std::uint32_t(file.content.size())), 4),
                                 little_endian(file.name.size(), 2), little_endian(0, 2)});
    const Bytes name(file.name.begin(), file.name.end());
    constexpr std::uint64_t kUnix = 3;
    directory = joined({directory, Bytes{'P', 'K', 1, 2}, little_endian(kUnix << 8 | 20, 2), common,
                        little_endian(0, 6), little_endian(std::uint64_t{file.unix_mode} << 16, 4),
                        little_endian(file.offset.value_or(std::uint32_t(archive.size())), 4), name});
    archive = joined({archive, Bytes{'P', 'K', 3, 4}, common, name, data});
  }
  return joined({archive, directory, Bytes{'P', 'K', 5, 6}, little_endian(0, 4), little_endian(files.size(), 2),
                 little_endian(files.size(), 2), little_endian(directory.size(), 4), little_endian(archive.size(), 4),
                 little_endian(0, 2)});
}

}  // namespace gan::test
