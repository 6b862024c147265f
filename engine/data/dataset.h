// The one form in which images reach training, and the options that say how foreign images become it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace gan {

class LoadingObserver;

/// A data set in memory: `count` images of one size, bytes in 0..255.
struct Dataset {
  std::string name;           ///< what to call it in logs: `fashion-mnist`, `shapes`, or the file's or folder's name
  std::int64_t count = 0;     ///< N
  std::int64_t height = 0;    ///< H
  std::int64_t width = 0;     ///< W
  std::int64_t channels = 0;  ///< C: 1 (grey) or 3 (RGB)
  std::vector<std::uint8_t> pixels;        ///< (N,H,W,C)
  std::vector<std::string> left_out = {};  ///< "FILE: what is wrong with it", of images that are not in the set

  /// Bytes of one image: H*W*C.
  std::int64_t image_bytes() const { return height * width * channels; }
};

/// What to load and what to turn it into.
struct DataOptions {
  std::string source;         ///< what load_dataset (load.h) accepts: `fashion-mnist`, `shapes`, or the path of files
  int height = 0;             ///< H of every image, 1..kMaxTargetSide
  int width = 0;              ///< W of every image, 1..kMaxTargetSide
  int channels = 0;           ///< 1, 3, or 0: as the data (3 if any image has colour)
  std::uint64_t seed = 0;     ///< of what is generated (`shapes`); files do not depend on it
  int threads = 1;            ///< CPU threads to decode and resample with, at least 1; the result does not depend on it
  bool skip_damaged = false;  ///< leave out image files that cannot be read or decoded, instead of refusing them all
  std::filesystem::path cache = {};     ///< where decoded images are kept (image_cache.h); empty: nowhere
  LoadingObserver* observer = nullptr;  ///< who is told how it goes (loading_observer.h); null: nobody
};

/// Largest side that images can be resized to.
inline constexpr int kMaxTargetSide = 4096;

/// A data set with its fields set and room for all its pixels, which are still empty: the caller appends or resizes.
/// Throws InputError for no images, MachineError (with the bytes needed) where they cannot fit this machine's memory.
Dataset reserve_dataset(const std::string& name, std::int64_t count, std::int64_t height, std::int64_t width,
                        std::int64_t channels);

}  // namespace gan
