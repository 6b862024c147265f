#include "engine/plot/raster.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/files/png.h"
#include "engine/plot/colours.h"
#include "engine/plot/text.h"
#include "kernels/core/contract/error.h"

namespace gan::plot {

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t here = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; ++k)
      word = word << 8 | (k < here ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k) text += k <= here ? kDigits[word >> (18 - 6 * k) & 63U] : '=';
  }
  return text;
}

std::string image_element(const Image& image, double x_low, double x_high, double y_low, double y_high,
                          const Mapping& x, const Mapping& y, bool smooth) {
  require(x.scale() == Scale::Linear && y.scale() == Scale::Linear, "a picture on a logarithmic axis");
  require(x_low < x_high && y_low < y_high, "a picture over [{}, {}] x [{}, {}]", x_low, x_high, y_low, y_high);
  const double left = x(x_low), right = x(x_high), top = y(y_high), bottom = y(y_low);
  const std::vector<std::byte> png = encode_png(image.height, image.width, image.channels, image.pixels);
  return fmt::format(
      R"(<image x="{}" y="{}" width="{}" height="{}" preserveAspectRatio="none"{} href="data:image/png;base64,{}"/>)"
      "\n",
      px(left), px(top), px(right - left), px(bottom - top), smooth ? "" : R"( style="image-rendering:pixelated")",
      base64(png));
}

Image grid_image(const HeatMap& map, const Range& colours) {
  const Grid& grid = map.grid;
  require(grid.rows > 0 && grid.columns > 0 && grid.values.size() == grid.rows * grid.columns,
          "a heat map of {} x {} with {} values", grid.rows, grid.columns, grid.values.size());
  const Mapping share(colours, map.scale, 0, 1);
  Image image{.height = static_cast<std::int64_t>(grid.rows),
              .width = static_cast<std::int64_t>(grid.columns),
              .channels = 3,
              .pixels = {}};
  image.pixels.reserve(grid.values.size() * 3);
  for (std::size_t row = grid.rows; row-- > 0;)
    for (std::size_t column = 0; column < grid.columns; ++column) {
      const Rgb colour = map_colour(map.map, share(grid.values[row * grid.columns + column]));
      image.pixels.insert(image.pixels.end(), colour.begin(), colour.end());
    }
  return image;
}

}  // namespace gan::plot
