#include "engine/plot/colours.h"

#include <cmath>
#include <set>

#include "engine/plot/figure.h"
#include "tests/support/catch.h"
#include "tests/support/error_message.h"

namespace gan::plot {
namespace {

/// Relative luminance (IEC 61966-2-1, as WCAG 2 uses it).
double luminance(const Rgb& colour) {
  const double weights[] = {0.2126, 0.7152, 0.0722};
  double sum = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    const double s = colour[c] / 255.0;
    sum += weights[c] * (s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4));
  }
  return sum;
}

TEST_CASE("the sequential map reads in grey: each step is lighter", "[plot]") {
  for (int i = 0; i < 50; ++i)
    CHECK(luminance(map_colour(ColourMap::Sequential, i / 50.0)) <
          luminance(map_colour(ColourMap::Sequential, (i + 1) / 50.0)));
  CHECK(map_colour(ColourMap::Sequential, -3) == map_colour(ColourMap::Sequential, 0));
  CHECK(map_colour(ColourMap::Sequential, 7) == map_colour(ColourMap::Sequential, 1));
}

TEST_CASE("the diverging map is lightest in its middle and darker the further from it", "[plot]") {
  for (int i = 0; i < 25; ++i)
    for (const double side : {-1.0, 1.0})
      CHECK(luminance(map_colour(ColourMap::Diverging, 0.5 + side * i / 50.0)) >
            luminance(map_colour(ColourMap::Diverging, 0.5 + side * (i + 1) / 50.0)));
}

TEST_CASE("no value has the colour of no value", "[plot]") {
  const Rgb missing = map_colour(ColourMap::Sequential, std::nan(""));
  for (int i = 0; i <= 1000; ++i)
    for (const ColourMap map : {ColourMap::Sequential, ColourMap::Diverging})
      CHECK(map_colour(map, i / 1000.0) != missing);
}

TEST_CASE("layers that ask for nothing differ in colour, and lines in dashes too", "[plot]") {
  const std::vector<Layer> layers = {Line{}, ReferenceLine{}, Line{.colour = Colour::Vermillion},
                                     Line{}, Scatter{},       Line{}};
  const std::vector<Style> styles = layer_styles(layers);
  CHECK(styles[0].colour == Colour::Blue);
  CHECK(styles[1].colour == Colour::Grey);
  CHECK(styles[2].colour == Colour::Vermillion);
  CHECK(styles[3].colour == Colour::Green);  // not the one that was asked for
  std::set<Colour> colours;
  std::set<Dash> dashes;
  for (const std::size_t i : {0, 2, 3, 5}) {
    colours.insert(styles[i].colour);
    dashes.insert(styles[i].dash);
  }
  CHECK(colours.size() == 4);
  CHECK(dashes.size() == 4);
  CHECK(styles[4].colour == Colour::Purple);
}

TEST_CASE("a histogram counts what lies inside", "[plot]") {
  const std::vector<double> values = {0, 0.1, 0.5, 1, 1.5, -1, std::nan("")};
  CHECK(histogram(values, 0, 1, 2, false).heights == std::vector<double>{2, 2});
  CHECK(histogram(values, 0, 1, 2, false).edges == std::vector<double>{0, 0.5, 1});
  // 4 of 6 numbers lie inside; two parts of width 0.5.
  CHECK(histogram(values, 0, 1, 2).heights == std::vector<double>{2 / (6 * 0.5), 2 / (6 * 0.5)});
  test::require_error<Error>([] { histogram({}, 1, 1, 2); }, {"histogram", "1"});
  test::require_error<Error>([] { histogram({}, 0, 1, 0); }, {"histogram", "0"});
}

}  // namespace
}  // namespace gan::plot
