// A folder of image files.
#pragma once

#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/data/encoded_images.h"

namespace gan {

/// The images below a folder, known by content, in the order of their paths, byte by byte: the same everywhere.
class FolderImages final : public EncodedImages {
 public:
  /// Looks at every regular file below `options.source`. Linked folders are followed, each once. Throws InputError for
  /// a file or folder that cannot be read.
  explicit FolderImages(const DataOptions& options);

  const FoundImages& found() const override { return found_; }
  std::string name(std::int64_t index) const override { return files_[found_.images[index]]; }
  std::vector<std::uint8_t> read(std::int64_t index) const override;

 private:
  std::vector<std::string> files_;
  FoundImages found_;
};

}  // namespace gan
