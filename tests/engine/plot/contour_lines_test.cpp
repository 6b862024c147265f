#include "engine/plot/contour_lines.h"

#include <cmath>

#include "tests/support/catch.h"
#include "tests/support/error_message.h"

namespace gan::plot {
namespace {

// Between two points h apart a linear function differs from f by at most h^2/8 max|f''| = h^2/4 for f = x^2 + y^2 along an
// axis, and f changes by 2 per unit at radius 1: the line is at most h^2/8 off, plus what is of higher order.
TEST_CASE("the contour of a paraboloid is one closed circle", "[plot]") {
  const Grid grid = sample_grid(-2, 2, -2, 2, 64, 64, [](double x, double y) { return x * x + y * y; });
  const std::vector<Polyline> lines = contour_lines(grid, 1);
  REQUIRE(lines.size() == 1);
  const double h = 4.0 / 64;
  for (const auto& [x, y] : lines[0]) CHECK(std::hypot(x, y) == Approx(1).margin(1.1 * h * h / 8));
  CHECK(lines[0].front() == lines[0].back());
  double length = 0;
  for (std::size_t i = 1; i < lines[0].size(); ++i)
    length += std::hypot(lines[0][i].first - lines[0][i - 1].first, lines[0][i].second - lines[0][i - 1].second);
  // Chords of at most sqrt(2) h: (length / chord's share of its arc) = 1 - h^2 / 12 at worst.
  CHECK(length == Approx(2 * M_PI).epsilon(h * h / 6));
}

TEST_CASE("an open contour runs from edge to edge", "[plot]") {
  const Grid grid = sample_grid(0, 10, 0, 6, 10, 6, [](double x, double) { return x; });
  const std::vector<Polyline> lines = contour_lines(grid, 4.2);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].size() == 6);
  for (const auto& [x, y] : lines[0]) CHECK(x == Approx(4.2));
  CHECK(std::abs(lines[0].front().second - lines[0].back().second) == Approx(5));
}

// Corners (0, 0) and (1, 1) are high, the other two low. The mean, 0.5, is above 0.4 and below 0.6: once the lines cut off
// the low corners, once the high ones.
TEST_CASE("a saddle is cut as its mean says", "[plot]") {
  const Grid grid{
      .x_low = -0.5, .x_high = 1.5, .y_low = -0.5, .y_high = 1.5, .columns = 2, .rows = 2, .values = {1, 0, 0, 1}};
  for (const double level : {0.4, 0.6}) {
    const std::vector<Polyline> lines = contour_lines(grid, level);
    REQUIRE(lines.size() == 2);
    for (const Polyline& line : lines) {
      REQUIRE(line.size() == 2);
      const double x = (line[0].first + line[1].first) / 2, y = (line[0].second + line[1].second) / 2;
      const bool near_low_corner = (x > 0.5) != (y > 0.5);
      CHECK(near_low_corner == (level < 0.5));
    }
  }
}

TEST_CASE("no contour passes what is not finite", "[plot]") {
  Grid grid = sample_grid(0, 4, 0, 4, 4, 4, [](double x, double) { return x; });
  CHECK(contour_lines(grid, 1.9).size() == 1);
  grid.values[1 * 4 + 1] = std::nan("");
  const std::vector<Polyline> lines = contour_lines(grid, 1.9);  // between columns 1 and 2; only rows 2 to 3 are whole
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].size() == 2);
  test::require_error<Error>([] { contour_lines({.columns = 2, .rows = 2, .values = {1}}, 0); }, {"2 x 2", "1"});
}

}  // namespace
}  // namespace gan::plot
