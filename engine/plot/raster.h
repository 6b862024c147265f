// Pictures within a drawing: a PNG in the document itself.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "engine/plot/axis_range.h"
#include "engine/plot/figure.h"

namespace gan::plot {

/// Bytes in base 64 (RFC 4648), padded.
std::string base64(std::span<const std::byte> bytes);

/// An <image> with sharp pixels (or `smooth` ones) whose corners lie at these data coordinates.
std::string image_element(const Image& image, double x_low, double x_high, double y_low, double y_high,
                          const Mapping& x, const Mapping& y, bool smooth);

/// The cells' colours, one pixel a cell, the grid's last row at the top. Error unless the grid has rows * columns values.
Image grid_image(const HeatMap& map, const Range& colours);

}  // namespace gan::plot
