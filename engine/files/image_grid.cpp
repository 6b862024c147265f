#include "engine/files/image_grid.h"

#include <algorithm>
#include <cmath>

#include "kernels/core/contract/error.h"

namespace gan {

GridLayout square_layout(std::int64_t count) {
  require(count > 0, "a grid of {} images", count);
  GridLayout layout;
  while (layout.columns * layout.columns < count) ++layout.columns;
  layout.rows = (count + layout.columns - 1) / layout.columns;
  return layout;
}

std::uint8_t to_pixel(float value) {
  const float scaled = (value + 1.0F) * 127.5F;
  if (!(scaled > 0.0F)) return 0;  // NaN too
  return static_cast<std::uint8_t>(std::floor(std::min(scaled, 255.0F) + 0.5F));
}

Image8 image_grid(std::span<const float> images, const ImageBatchShape& shape, const GridLayout& layout) {
  require(shape.count >= 0 && shape.height > 0 && shape.width > 0 && shape.channels > 0 &&
              static_cast<std::uint64_t>(shape.count * shape.height * shape.width * shape.channels) == images.size(),
          "a grid of ({}, {}, {}, {}) images from {} values", shape.count, shape.height, shape.width, shape.channels,
          images.size());
  require(layout.rows > 0 && layout.columns > 0 && layout.gap >= 0 && layout.rows * layout.columns >= shape.count,
          "{} images do not fit into {} x {} cells with gap {}", shape.count, layout.rows, layout.columns, layout.gap);

  Image8 sheet{.height = layout.rows * (shape.height + layout.gap) + layout.gap,
               .width = layout.columns * (shape.width + layout.gap) + layout.gap,
               .channels = shape.channels,
               .pixels = {}};
  sheet.pixels.assign(static_cast<std::size_t>(sheet.height * sheet.width * sheet.channels), layout.background);
  const std::int64_t row_values = shape.width * shape.channels;
  for (std::int64_t n = 0; n < shape.count; ++n) {
    const std::int64_t top = layout.gap + n / layout.columns * (shape.height + layout.gap);
    const std::int64_t left = layout.gap + n % layout.columns * (shape.width + layout.gap);
    for (std::int64_t y = 0; y < shape.height; ++y) {
      const float* source = images.data() + (n * shape.height + y) * row_values;
      std::uint8_t* target = sheet.pixels.data() + ((top + y) * sheet.width + left) * shape.channels;
      std::transform(source, source + row_values, target, to_pixel);
    }
  }
  return sheet;
}

}  // namespace gan
