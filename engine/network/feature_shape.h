// The size of one image or feature map.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/core/contract/tensor.h"

namespace gan {

/// Height, width and channels of one image or feature map; a plain vector is 1 x 1 x features.
struct FeatureShape {
  std::int64_t height = 1, width = 1, channels = 1;

  /// Numbers in it.
  std::int64_t count() const { return height * width * channels; }
  /// Of a batch of `n`: (n, H, W, C).
  Shape batch(std::int64_t n) const { return {n, height, width, channels}; }
  bool operator==(const FeatureShape&) const = default;
};

/// "32x32x3"
inline std::string to_string(const FeatureShape& shape) {
  return std::to_string(shape.height) + "x" + std::to_string(shape.width) + "x" + std::to_string(shape.channels);
}

}  // namespace gan
