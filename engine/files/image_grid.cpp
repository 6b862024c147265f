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

Image empty_sheet(const GridLayout& layout, std::int64_t height, std::int64_t width, std::int64_t channels) {
  Image sheet{.height = layout.rows * (height + layout.gap) + layout.gap,
              .width = layout.columns * (width + layout.gap) + layout.gap,
              .channels = channels,
              .pixels = {}};
  sheet.pixels.assign(static_cast<std::size_t>(sheet.height * sheet.width * channels), layout.background);
  return sheet;
}

void place_on_sheet(Image& sheet, const GridLayout& layout, std::int64_t cell, const Image& image) {
  const std::int64_t step_y = image.height + layout.gap, step_x = image.width + layout.gap;
  require(cell >= 0 && cell < layout.rows * layout.columns && image.channels == sheet.channels &&
              sheet.height == layout.rows * step_y + layout.gap && sheet.width == layout.columns * step_x + layout.gap,
          "image {} of {} x {} x {} on a sheet of {} x {} x {}", cell, image.height, image.width, image.channels,
          sheet.height, sheet.width, sheet.channels);
  const std::int64_t top = layout.gap + cell / layout.columns * step_y;
  const std::int64_t left = layout.gap + cell % layout.columns * step_x;
  const std::int64_t row_bytes = image.width * image.channels;
  for (std::int64_t y = 0; y < image.height; ++y)
    std::copy_n(image.pixels.begin() + y * row_bytes, row_bytes,
                sheet.pixels.begin() + ((top + y) * sheet.width + left) * sheet.channels);
}

Image image_grid(std::span<const float> images, const Shape& shape, const GridLayout& layout) {
  require(shape.rank == 4 && shape[1] > 0 && shape[2] > 0 && shape[3] > 0 &&
              static_cast<std::uint64_t>(shape.count()) == images.size(),
          "a grid of {} images from {} values", to_string(shape), images.size());
  const std::int64_t count = shape[0], height = shape[1], width = shape[2], channels = shape[3];
  require(layout.rows > 0 && layout.columns > 0 && layout.gap >= 0 && layout.rows * layout.columns >= count,
          "{} images do not fit into {} x {} cells with gap {}", count, layout.rows, layout.columns, layout.gap);

  Image sheet = empty_sheet(layout, height, width, channels);
  Image image{.height = height, .width = width, .channels = channels, .pixels = {}};
  image.pixels.resize(static_cast<std::size_t>(height * width * channels));
  for (std::int64_t n = 0; n < count; ++n) {
    const std::span<const float> values = images.subspan(static_cast<std::size_t>(n) * image.pixels.size());
    std::transform(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(image.pixels.size()),
                   image.pixels.begin(), to_pixel);
    place_on_sheet(sheet, layout, n, image);
  }
  return sheet;
}

}  // namespace gan
