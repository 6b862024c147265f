// The closed forms of the sets of points: names, dimensions, densities.
#include "engine/data/point_sets.h"

#include <cmath>
#include <numbers>

#include "tests/support/catch.h"

namespace gan {
namespace {

/// The integral over the square, or interval, from -4 to 4 by the trapezoidal rule with steps of `deviation` / 4. For a
/// Gaussian it is off by a factor of 1 + 2 exp(-2 pi^2 16) (Poisson's summation formula), and what lies outside is at least
/// five deviations away: less than 1e-6 in all.
double integral(const GaussianMixture& mixture) {
  const double step = mixture.deviation / 4;
  const auto steps = static_cast<int>(std::lround(8 / step));
  double sum = 0;
  for (int i = 0; i <= steps; ++i) {
    const double x = -4 + i * step;
    if (mixture.dimension == 1) sum += step * mixture.density({x, 0});
    else
      for (int j = 0; j <= steps; ++j) sum += step * step * mixture.density({x, -4 + j * step});
  }
  return sum;
}

TEST_CASE("densities integrate to 1", "[point_sets]") {
  for (const char* name : {"gaussian-1d", "ring8", "grid25"}) {
    INFO(name);
    const std::optional<GaussianMixture> mixture = point_mixture(name);
    REQUIRE(mixture);
    CHECK(integral(*mixture) == Approx(1).margin(1e-6).epsilon(0));
  }
}

TEST_CASE("densities at chosen places", "[point_sets]") {
  // On a mode the others, 20 deviations away and more, add nothing; a deviation from it the density is down by sqrt(e).
  const double peak = 1 / (2 * std::numbers::pi * 0.05 * 0.05), root = std::exp(-0.5);
  const GaussianMixture ring = *point_mixture("ring8"), grid = *point_mixture("grid25"),
                        line = *point_mixture("gaussian-1d");
  CHECK(ring.density({0, -2}) == Approx(peak / 8));
  CHECK(ring.density({std::sqrt(2), std::sqrt(2) - 0.05}) == Approx(peak / 8 * root));
  CHECK(grid.density({-2, 1.05}) == Approx(peak / 25 * root));
  CHECK(grid.density({0.5, 0.5}) < 1e-20);
  CHECK(line.density({1.5, 0}) == Approx(root / (0.5 * std::sqrt(2 * std::numbers::pi))));
}

TEST_CASE("names and dimensions", "[point_sets]") {
  CHECK(point_set_names() == std::vector<std::string>{"gaussian-1d", "ring8", "grid25", "swiss-roll", "lines"});
  for (const std::string& name : point_set_names()) {
    INFO(name);
    CHECK(point_dimension(name) == (name == "gaussian-1d" ? 1 : 2));
    CHECK(data_kind(name) == DataKind::Points);
  }
  for (const char* other : {"", "ring", "ring88", "./ring8", "shapes", "fashion-mnist"}) {
    CHECK(point_dimension(other) == 0);
    CHECK(data_kind(other) == DataKind::Images);
  }
  CHECK(!point_mixture("swiss-roll"));
  CHECK(!point_mixture("lines"));
  CHECK(name_of(DataKind::Points) == "points");
  CHECK(name_of(DataKind::Images) == "images");
  CHECK(place_of_points(1) == "on the line");
  CHECK(place_of_points(2) == "in the plane");
}

}  // namespace
}  // namespace gan
