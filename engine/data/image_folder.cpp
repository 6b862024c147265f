#include "engine/data/image_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "engine/data/byte_reader.h"
#include "engine/data/image_file.h"
#include "engine/files/descriptor.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

namespace fs = std::filesystem;

/// Appends the regular files below `folder`. `seen` holds the real paths of the folders walked so far: links may form a
/// circle.
void list_files(const fs::path& folder, std::set<fs::path>& seen, std::vector<std::string>& files) {
  if (!seen.insert(fs::canonical(folder)).second) return;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    std::error_code broken_link;
    const fs::file_status status = entry.status(broken_link);
    if (fs::is_directory(status)) list_files(entry.path(), seen, files);
    else if (fs::is_regular_file(status)) files.push_back(entry.path().string());
  }
}

}  // namespace

FolderImages::FolderImages(const DataOptions& options) {
  try {
    std::set<fs::path> seen;
    list_files(options.source, seen, files_);
  } catch (const fs::filesystem_error& error) {
    throw InputError(fmt::format("{}: folder cannot be read: {}", error.path1().string(), error.code().message()));
  }
  std::sort(files_.begin(), files_.end());
  found_ = find_images(std::int64_t(files_.size()), options,
                       [&](std::int64_t i) { return read_head(files_[i], kFileHeadBytes); });
}

std::vector<std::uint8_t> FolderImages::read(std::int64_t index) const {
  return read_file(name(index), kMaxImageBytes);
}

}  // namespace gan
