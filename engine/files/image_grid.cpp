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

Image image_grid(std::span<const float> images, const Shape& shape, const GridLayout& layout) {
  require(shape.rank == 4 && shape[1] > 0 && shape[2] > 0 && shape[3] > 0 &&
              static_cast<std::uint64_t>(shape.count()) == images.size(),
          "a grid of {} images from {} values", to_string(shape), images.size());
  const std::int64_t count = shape[0], height = shape[1], width = shape[2], channels = shape[3];
  require(layout.rows > 0 && layout.columns > 0 && layout.gap >= 0 && layout.rows * layout.columns >= count,
          "{} images do not fit into {} x {} cells with gap {}", count, layout.rows, layout.columns, layout.gap);

  Image sheet{.height = layout.rows * (height + layout.gap) + layout.gap,
              .width = layout.columns * (width + layout.gap) + layout.gap,
              .channels = channels,
              .pixels = {}};
  sheet.pixels.assign(static_cast<std::size_t>(sheet.height * sheet.width * channels), layout.background);
  const std::int64_t row_values = width * channels;
  for (std::int64_t n = 0; n < count; ++n) {
    const std::int64_t top = layout.gap + n / layout.columns * (height + layout.gap);
    const std::int64_t left = layout.gap + n % layout.columns * (width + layout.gap);
    for (std::int64_t y = 0; y < height; ++y) {
      const float* source = images.data() + (n * height + y) * row_values;
      std::uint8_t* target = sheet.pixels.data() + ((top + y) * sheet.width + left) * channels;
      std::transform(source, source + row_values, target, to_pixel);
    }
  }
  return sheet;
}

}  // namespace gan
