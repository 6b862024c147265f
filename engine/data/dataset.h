// The one form in which images, or points, reach training, and the options that say how foreign images become it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "kernels/core/contract/tensor.h"

namespace gan {

class LoadingObserver;

/// A data set in memory: `count` images of one size, bytes in 0..255; or points, as 1 x 1 "images" of real numbers.
struct Dataset {
  std::string name;           ///< what to call it in logs: `fashion-mnist`, `shapes`, or the file's or folder's name
  std::int64_t count = 0;     ///< N
  std::int64_t height = 0;    ///< H
  std::int64_t width = 0;     ///< W
  std::int64_t channels = 0;  ///< C: 1 (grey) or 3 (RGB); of points their dimension
  DType dtype = DType::U8;    ///< of an element: U8 in images, F32 in points
  std::vector<std::uint8_t> pixels;        ///< the bytes of (N,H,W,C) elements
  std::vector<std::string> left_out = {};  ///< "FILE: what is wrong with it", of images that are not in the set

  /// Bytes of one image, H*W*C, or of one point.
  std::int64_t image_bytes() const { return height * width * channels * static_cast<std::int64_t>(size_of(dtype)); }
};

/// What to load and what to turn it into.
struct DataOptions {
  std::string source;         ///< what load_dataset (load.h) accepts: a built-in set's name, or the path of files
  int height = 0;             ///< H of every image, 1..kMaxTargetSide
  int width = 0;              ///< W of every image, 1..kMaxTargetSide
  int channels = 0;           ///< 1, 3, or 0: as the data (3 if any image has colour)
  std::uint64_t seed = 0;     ///< of what is generated (`shapes`, points); files do not depend on it
  int threads = 1;            ///< CPU threads to decode and resample with, at least 1; the result does not depend on it
  bool skip_damaged = false;  ///< leave out image files that cannot be read or decoded, instead of refusing them all
  std::filesystem::path cache = {};     ///< where decoded images are kept (image_cache.h); empty: nowhere
  std::string option = "--data";        ///< what messages call the source
  LoadingObserver* observer = nullptr;  ///< who is told how it goes (loading_observer.h); null: nobody
};

/// Largest side that images can be resized to.
inline constexpr int kMaxTargetSide = 4096;

/// A data set with its fields set and room for all its pixels, which are still empty: the caller appends or resizes.
/// Throws InputError for no images, MachineError (with the bytes needed) where they cannot fit this machine's memory.
Dataset reserve_dataset(const std::string& name, std::int64_t count, std::int64_t height, std::int64_t width,
                        std::int64_t channels, DType dtype = DType::U8);

}  // namespace gan
