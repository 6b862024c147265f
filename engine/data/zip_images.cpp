#include "engine/data/zip_images.h"

#include <optional>

#include "engine/data/image_file.h"
#include "kernels/core/contract/error.h"

namespace gan {

ZipImages::ZipImages(const DataOptions& options) : archive_(options.source, kMaxImageBytes) {
  const auto head = [&](std::int64_t i) -> std::optional<std::vector<std::uint8_t>> {
    try {
      return archive_.read_head(i, kFileHeadBytes);
    } catch (const InputError&) { return std::nullopt; }
  };
  found_ = find_images(archive_.count(), options, head);
}

}  // namespace gan
