// Image files from wherever they lie (a folder, an archive): found among others, and decoded into a data set.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/data/file_kind.h"

namespace gan {

/// Which of some files are images.
struct FoundImages {
  std::vector<std::int64_t> images;  ///< their indices, rising
  PassedOver passed_over;            ///< the others
};

/// Looks at `count` files. `head(i)`, which many threads may call, returns the first kFileHeadBytes of a file; nothing
/// for one that cannot be read: it counts as an image, and whoever decodes it will say what is wrong with it.
FoundImages find_images(std::int64_t count, const DataOptions& options,
                        const std::function<std::optional<std::vector<std::uint8_t>>(std::int64_t)>& head);

/// The image files of a folder or an archive, in the order of the data set. `name` and `read` may be called from many
/// threads.
class EncodedImages {
 public:
  virtual ~EncodedImages() = default;
  virtual const FoundImages& found() const = 0;
  /// What to call the image of that index, below count(), in messages.
  virtual std::string name(std::int64_t index) const = 0;
  /// Its file's bytes. Throws InputError that starts with its name.
  virtual std::vector<std::uint8_t> read(std::int64_t index) const = 0;

  std::int64_t count() const { return std::int64_t(found().images.size()); }
};

/// Tells `options.observer` of the files passed over. Throws InputError when there is no image.
void report_passed_over(const EncodedImages& images, const DataOptions& options);

/// Decodes every image on `options.threads` threads and converts it as `options` asks (`seed` is not looked at).
/// Channels "as the data" are 3 if any image's header says colour.
/// Throws InputError when there is no image, and for one that cannot be read or decoded: its name is in the message.
/// With `options.skip_damaged` such images are left out, and Dataset::left_out says which and why.
Dataset load_encoded_images(const EncodedImages& images, const std::string& name, const DataOptions& options);

}  // namespace gan
