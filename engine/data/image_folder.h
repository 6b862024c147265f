// A folder of image files as a data set.
#pragma once

#include <string>

#include "engine/data/dataset.h"

namespace gan {

/// Loads every PNG and JPEG file below `options.source`, known by its content; other files are passed over. Linked
/// folders are followed, each once. The order is that of the paths, byte by byte, so it is the same everywhere.
/// Throws InputError when there is no image, and for a file or folder that cannot be read or decoded: its name is in
/// the message, nothing is left out silently.
Dataset load_image_folder(const std::string& name, const DataOptions& options);

}  // namespace gan
