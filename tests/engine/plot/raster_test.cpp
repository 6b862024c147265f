// Pictures within plots, and plots as pictures.
#include "engine/plot/raster.h"

#include <png.h>

#include <cmath>

#include "engine/plot/colours.h"
#include "engine/plot/svg.h"
#include "engine/plot/svg_to_png.h"
#include "tests/engine/plot/svg_reader.h"
#include "tests/support/catch.h"
#include "tests/support/error_message.h"

namespace gan::plot {
namespace {

/// Pixels of a PNG by libpng, as RGB.
Image decode_png(std::span<const std::byte> file) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_memory(&image, file.data(), file.size()) != 0);
  image.format = PNG_FORMAT_RGB;
  Image result{.height = image.height, .width = image.width, .channels = 3, .pixels = {}};
  result.pixels.resize(PNG_IMAGE_SIZE(image));
  REQUIRE(png_image_finish_read(&image, nullptr, result.pixels.data(), 0, nullptr) != 0);
  return result;
}

Rgb pixel(const Image& image, double row, double column) {
  const auto at = static_cast<std::size_t>((std::lround(row) * image.width + std::lround(column)) * 3);
  return {image.pixels[at], image.pixels[at + 1], image.pixels[at + 2]};
}

/// Six bits a digit, found by searching.
std::vector<std::byte> decode_base64(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::byte> bytes;
  unsigned bits = 0, count = 0;
  for (const char c : text.substr(0, text.find('='))) {
    bits = bits << 6 | static_cast<unsigned>(digits.find(c));
    count += 6;
    if (count >= 8) bytes.push_back(static_cast<std::byte>(bits >> (count -= 8)));
  }
  return bytes;
}

TEST_CASE("base 64 as RFC 4648 has it", "[plot]") {
  const auto encode = [](std::string_view text) { return base64(std::as_bytes(std::span(text))); };
  CHECK(encode("").empty());
  CHECK(encode("f") == "Zg==");
  CHECK(encode("fo") == "Zm8=");
  CHECK(encode("foo") == "Zm9v");
  CHECK(encode("foobar") == "Zm9vYmFy");
  CHECK(encode("\xFB\xFF\xFE") == "+//+");
}

TEST_CASE("a heat map is a PNG in the document, its last row at the top", "[plot]") {
  const Grid grid{
      .x_low = -1, .x_high = 2, .y_low = 0, .y_high = 2, .columns = 3, .rows = 2, .values = {0, 1, 2, 3, NAN, 10}};
  const test::Element svg =
      test::parse_xml(to_svg({.panels = {{.x = {.low = -2, .high = 3},
                                          .y = {.low = 0, .high = 4},
                                          .layers = {HeatMap{.grid = grid, .low = 0, .high = 4}}}}}));
  REQUIRE(svg.all("image").size() == 1);
  const test::Element& element = *svg.all("image")[0];
  const std::string start = "data:image/png;base64,", data = element.attribute("href");
  REQUIRE(data.starts_with(start));
  const Image image = decode_png(decode_base64(data.substr(start.size())));
  REQUIRE(image.height == 2);
  REQUIRE(image.width == 3);
  const auto colour = [](double t) { return map_colour(ColourMap::Sequential, t); };
  CHECK(pixel(image, 1, 0) == colour(0));
  CHECK(pixel(image, 1, 1) == colour(0.25));
  CHECK(pixel(image, 0, 0) == colour(0.75));
  CHECK(pixel(image, 0, 1) == colour(NAN));
  CHECK(pixel(image, 0, 2) == colour(1));  // beyond the end: the end's
  const test::Rectangle axes = test::axes_rectangle(svg);
  CHECK(element.number("x") == Approx(axes.left + axes.width / 5).margin(0.11));
  CHECK(element.number("width") == Approx(axes.width * 3 / 5).margin(0.11));
  CHECK(element.number("y") == Approx(axes.top + axes.height / 2).margin(0.11));
  CHECK(element.number("height") == Approx(axes.height / 2).margin(0.11));
  test::require_error<Error>(
      [&] { to_svg({.panels = {{.x = {.scale = Scale::Logarithmic}, .layers = {HeatMap{.grid = grid}}}}}); },
      {"logarithmic"});
}

TEST_CASE("a plot becomes pixels where librsvg is there, else the message says what to do", "[plot]") {
  const Figure figure{
      .panels = {{.x = {.low = 0, .high = 1},
                  .y = {.low = 0, .high = 1},
                  .layers = {Bars{.edges = {0, 0.5}, .heights = {0.5}, .colour = Colour::Blue, .opacity = 1}}}}};
  const std::string document = to_svg(figure);
  if (!can_draw_png()) {
    test::require_error<MachineError>([&] { svg_to_png(document); }, {"librsvg2-dev"});
    return;
  }
  const test::Element svg = test::parse_xml(document);
  const Image image = decode_png(svg_to_png(document, 2));
  CHECK(image.width == 2 * svg.number("width"));
  CHECK(image.height == 2 * svg.number("height"));
  const test::Rectangle axes = test::axes_rectangle(svg);
  const auto at = [&](double x, double y) {
    return pixel(image, 2 * (axes.top + (1 - y) * axes.height), 2 * (axes.left + x * axes.width));
  };
  CHECK(hex(at(0.25, 0.25)) == hex(Colour::Blue));
  CHECK(hex(at(0.71, 0.71)) == "#ffffff");  // off the grid's lines
  CHECK(hex(pixel(image, 0, 0)) == "#ffffff");
  test::require_error<MachineError>([] { svg_to_png("<svg"); }, {"librsvg"});
  test::require_error<Error>([&] { svg_to_png(document, 0); }, {"0"});
}

TEST_CASE("without animation, an animated plot is its last frame", "[plot]") {
  if (!can_draw_png()) return;
  std::vector<Figure> frames;
  for (const double y : {0.2, 0.9})
    frames.push_back(
        {.title = "frame",
         .panels = {
             {.x = {.low = 0, .high = 1}, .y = {.low = 0, .high = 1}, .layers = {Line{.x = {0, 1}, .y = {y, y}}}}}});
  const std::vector<std::byte> animated = svg_to_png(animated_svg(frames, 1), 1);
  CHECK(animated == svg_to_png(to_svg(frames[1]), 1));
  CHECK(animated != svg_to_png(to_svg(frames[0]), 1));
}

}  // namespace
}  // namespace gan::plot
