// A zip archive of image files.
#pragma once

#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/data/encoded_images.h"
#include "engine/data/zip_archive.h"

namespace gan {

/// The images of an archive, known by content, in the order of their names: those of the folder that it would unpack
/// to.
class ZipImages final : public EncodedImages {
 public:
  /// Looks at every file of the archive at `options.source`. Throws InputError for what ZipArchive refuses.
  explicit ZipImages(const DataOptions& options);

  const FoundImages& found() const override { return found_; }
  std::string name(std::int64_t index) const override { return archive_.name(found_.images[index]); }
  std::vector<std::uint8_t> read(std::int64_t index) const override { return archive_.read(found_.images[index]); }

 private:
  ZipArchive archive_;
  FoundImages found_;
};

}  // namespace gan
