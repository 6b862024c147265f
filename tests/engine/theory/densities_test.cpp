// Divergences against closed forms.
#include "engine/theory/densities.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "engine/theory/experiment.h"

using namespace gan;
using namespace gan::theory;

namespace {

constexpr Grid kGrid{-12, 12, 2401};

std::vector<double> gaussian(double mean, double deviation) {
  return kGrid.sample([=](double x) { return normal_density(x, mean, deviation); });
}

}  // namespace

TEST_CASE("a grid has both of its ends, and integrates", "[densities]") {
  const Grid grid{-1, 2, 4};
  CHECK(grid.places() == std::vector<double>{-1, 0, 1, 2});
  CHECK(grid.integrate({1, 1, 1, 1}) == Approx(3).epsilon(1e-12));
  CHECK(grid.integrate(grid.places()) == Approx(1.5).epsilon(1e-12));  // exact for straight lines
  CHECK(kGrid.integrate(gaussian(0.3, 0.7)) == Approx(1).epsilon(1e-9));
}

TEST_CASE("KL between Gaussians is its closed form", "[densities]") {
  // KL = log(s2 / s1) + (s1^2 + (m1 - m2)^2) / (2 s2^2) - 1/2
  const double want = std::log(1.5 / 0.5) + (0.25 + 1) / (2 * 2.25) - 0.5;
  CHECK(kullback_leibler(kGrid, gaussian(1, 0.5), gaussian(0, 1.5)) == Approx(want).epsilon(1e-6));
  CHECK(kullback_leibler(kGrid, gaussian(1, 0.5), gaussian(1, 0.5)) == Approx(0).margin(1e-12));
}

TEST_CASE("JSD is between 0 and log 2, and both at its ends", "[densities]") {
  CHECK(jensen_shannon(kGrid, gaussian(0, 1), gaussian(0, 1)) == Approx(0).margin(1e-12));
  // 20 deviations apart: what overlaps is below e^-50.
  CHECK(jensen_shannon(kGrid, gaussian(-5, 0.5), gaussian(5, 0.5)) == Approx(std::numbers::ln2).epsilon(1e-9));
  const double some = jensen_shannon(kGrid, gaussian(0, 1), gaussian(1, 1));
  CHECK(some > 0.05);
  CHECK(some < 0.2);
}

TEST_CASE("the game's value at the best discriminator is -log 4 + 2 JSD", "[densities]") {
  const std::vector<double> p = gaussian(1, 0.5), q = gaussian(0, 1), best = best_discriminator(p, q);
  std::vector<double> logits;
  for (std::size_t i = 0; i < p.size(); ++i)
    logits.push_back(best[i] > 0 && best[i] < 1 ? std::log(best[i] / (1 - best[i])) : (best[i] > 0.5 ? 700 : -700));
  const double want = -std::log(4.0) + 2 * jensen_shannon(kGrid, p, q);
  CHECK(game_value(kGrid, p, q, logits) == Approx(want).epsilon(1e-9));
  for (double& logit : logits) logit += 0.1;  // any other D is worth less
  CHECK(game_value(kGrid, p, q, logits) < want);
  CHECK(std::isfinite(game_value(kGrid, p, q, std::vector<double>(p.size(), 1e4))));  // no overflow
}

TEST_CASE("a density of samples counts each in its cell", "[densities]") {
  const Grid grid{0, 2, 3};
  // Cells are [-0.5, 0.5), [0.5, 1.5), [1.5, 2.5); one sample lies outside, and one is no number.
  const std::vector<double> density = density_of(grid, {-0.5f, 0.49f, 0.5f, 2.4f, 7, std::nanf("")});
  CHECK(density == std::vector<double>{2.0 / 6, 1.0 / 6, 1.0 / 6});
}

TEST_CASE("a measurement that is no number lies in no band", "[experiment]") {
  Measurement m{.value = std::nan(""),
                .low = -std::numeric_limits<double>::infinity(),
                .high = std::numeric_limits<double>::infinity()};
  CHECK_FALSE(m.holds());
  m.value = 3;
  CHECK(m.holds());
  CHECK_FALSE(Result{}.holds());  // nothing was measured
}
