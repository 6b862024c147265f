// Decoded images kept on the disk, so that the next run need not decode them again.
//
// A cache is a sealed safetensors file (engine/files/safetensors.h): a tensor "images", U8 (N,H,W,C), and in the
// metadata its key and the images that were left out for damage. The key is a checksum (XXH64) of what the images
// follow from: the names (below the source) and contents of all files, size, channels, and whether damaged files are
// skipped. Contents, not times of change: those can lie (cp -p, rsync -t, archives) and differ between copies of one
// data set, and without a cache all bytes are read as well. So a cache may be shared, and one of other bytes is never
// used.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/data/dataset.h"

namespace gan {

/// The images of `files` (all below `options.source`, or it) from the cache at `options.cache`; where it holds none of
/// these bytes and options, from `load()`, and then they are cached. `options.cache` is a folder (it exists, or ends in
/// a slash and is made), with a file for each key, or a file, which is replaced when the images change. `name` is the
/// data set's. A cache is written atomically; if that fails (a full disk), or files change while they are read, a
/// notice says so and nothing is left behind. A damaged cache in a folder is written anew, with a notice. Needs twice
/// the images' memory.
/// Throws InputError for a place that cannot be written and for a file that is no cache or a damaged one: it is not
/// overwritten.
Dataset load_through_cache(const std::string& name, const std::vector<std::string>& files, const DataOptions& options,
                           const std::function<Dataset()>& load);

}  // namespace gan
