// Zip archives through libzip, read with suspicion. Nothing is unpacked to the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

struct zip;  // libzip's open archive

namespace gan {

/// Whether a file that starts with `head` (four bytes are enough) is a zip archive.
bool is_zip(std::span<const std::uint8_t> head);

/// An archive's files, folders left out, sorted by name byte by byte. Its functions may be called from many threads.
class ZipArchive {
 public:
  /// Opens the archive at `path` and looks at all entries. Throws InputError for what is no zip archive, or a damaged
  /// one, and for an archive with an entry that
  ///   - is encrypted, or compressed by anything but deflate;
  ///   - has a name that leads out of the archive (`../x`, `/x`, `C:x`) or holds control characters, or is a link;
  ///   - says it holds more than `most_entry_bytes`, or more than deflate can have made of its compressed bytes;
  /// or whose entries say together that they hold more than its bytes can, each used once: a bomb of overlapping
  /// entries.
  ZipArchive(const std::string& path, std::uint64_t most_entry_bytes);
  ~ZipArchive();

  std::int64_t count() const { return std::int64_t(entries_.size()); }

  /// `PATH: NAME`, for messages.
  std::string name(std::int64_t index) const;

  /// The first bytes of a file: as many as `count`, or all it has. Throws InputError that starts with its name.
  std::vector<std::uint8_t> read_head(std::int64_t index, std::size_t count) const;

  /// All bytes of a file, whose checksum is right. Throws InputError that starts with its name, for damage of any kind.
  std::vector<std::uint8_t> read(std::int64_t index) const;

 private:
  struct Entry {
    std::string name;
    std::uint64_t place = 0;  // in the archive
    std::uint64_t bytes = 0;
  };
  struct Close {
    void operator()(zip* archive) const;
  };
  using Handle = std::unique_ptr<zip, Close>;

  /// A thread's turn with one of libzip's handles, which are for one thread at a time.
  class Turn;

  Handle open() const;
  void check_entry(zip& archive, std::uint64_t place, std::uint64_t most_entry_bytes);
  std::vector<std::uint8_t> read_bytes(std::int64_t index, std::uint64_t count) const;

  std::string path_;
  std::vector<Entry> entries_;
  mutable std::mutex mutex_;
  mutable std::vector<Handle> idle_;  // guarded by mutex_; as many are made as threads ever read at once
};

}  // namespace gan
