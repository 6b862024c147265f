// Files that are either the old one or the new one, whatever happens while they are written.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

#include "engine/files/descriptor.h"

namespace gan {

/// What names of half-written files end in.
inline constexpr std::string_view kPartialSuffix = ".partial";

/// Takes the bytes of a file that `write_atomically` is writing.
class FileWriter {
 public:
  FileWriter(const Descriptor& file, const std::filesystem::path& path) : file_(file), path_(path) {}

  /// Appends. MachineError when the system refuses (a full disk).
  void write(std::span<const std::byte> bytes) { write_fully(file_, bytes, path_); }
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }

 private:
  const Descriptor& file_;
  const std::filesystem::path& path_;
};

/// Creates or replaces the file at `path` in one step: `write_contents` fills a temporary file in the same folder,
/// which is flushed to the disk and renamed; then the folder is flushed. Whoever reads `path` sees the old file or the
/// whole new one, after a crash too. On failure the temporary is removed, the old file is untouched, and MachineError
/// names path and reason (what `write_contents` throws passes through). One exception: when the final flush of the
/// folder fails, the whole new file already stands at `path`.
void write_atomically(const std::filesystem::path& path, const std::function<void(FileWriter&)>& write_contents);

/// The same for contents at hand.
void write_atomically(const std::filesystem::path& path, std::string_view contents);

/// Removes the temporaries that killed processes left in `folder` (not below it), of files whose names begin with
/// `beginning`, and says how many there were. One that a living process is still writing holds a lock and stays. A
/// missing folder has none. MachineError when one resists.
int remove_stale_partials(const std::filesystem::path& folder, std::string_view beginning = "");

}  // namespace gan
