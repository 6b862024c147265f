// Many small images on one sheet.
#pragma once

#include <cstdint>
#include <span>

#include "engine/files/image.h"
#include "kernels/core/contract/tensor.h"

namespace gan {

/// How a sheet is divided. Images fill it row by row; cells without an image stay background.
struct GridLayout {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t gap = 2;           ///< pixels between images and around the sheet
  std::uint8_t background = 255;  ///< every channel of the gaps and the empty cells
};

/// The layout for `count` images with the fewest empty cells among the nearly square: columns = ceil(sqrt(count)).
GridLayout square_layout(std::int64_t count);

/// -1 -> 0, 1 -> 255, linear between, to the nearest (0 -> 128); beyond that range clamped; NaN -> 0.
std::uint8_t to_pixel(float value);

/// A sheet with nothing on it yet, for images of this size.
Image empty_sheet(const GridLayout& layout, std::int64_t height, std::int64_t width, std::int64_t channels);

/// Puts an image into cell number `cell`, counted row by row. Error where there is no such cell, or the image is not of
/// the size that the sheet was made for.
void place_on_sheet(Image& sheet, const GridLayout& layout, std::int64_t cell, const Image& image);

/// The sheet of `images`, values in [-1, 1], of `shape` (N,H,W,C). Error when they do not fit the layout.
Image image_grid(std::span<const float> images, const Shape& shape, const GridLayout& layout);

}  // namespace gan
