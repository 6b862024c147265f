// The sets of points against what their descriptions say: moments, modes, curves.
#include "engine/data/points.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>

#include "engine/data/load.h"
#include "engine/data/point_sets.h"
#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using std::numbers::pi;
using test::contains;
using test::message_of;

/// An estimate from n draws lies within 5 of its standard errors but for 6 cases in 10 million.
constexpr double kErrors = 5;

std::vector<Point> points_of(const std::string& name, std::uint64_t seed = 1) {
  const Dataset set = make_points({.source = name, .seed = seed});
  const auto dimension = static_cast<std::size_t>(set.channels);
  std::vector<float> numbers(set.pixels.size() / sizeof(float));
  std::memcpy(numbers.data(), set.pixels.data(), set.pixels.size());
  std::vector<Point> points;
  for (std::size_t i = 0; i < numbers.size(); i += dimension)
    points.push_back({numbers[i], dimension == 2 ? numbers[i + 1] : 0});
  return points;
}

/// The mean of `f` over the points is `mean`, where one value has the variance `variance`.
template <class F>
void check_mean(const std::vector<Point>& points, F f, double mean, double variance) {
  double sum = 0;
  for (const Point& point : points) sum += f(point[0], point[1]);
  const auto n = static_cast<double>(points.size());
  const double margin = kErrors * std::sqrt(variance / n) + 1e-7;  // float32 rounds numbers below 4 by half of that
  CHECK(sum / n == Approx(mean).margin(margin).epsilon(0));
}

/// The moments of x ~ N(c, s^2).
struct Moments {
  double c, s;
  double first() const { return c; }
  double second() const { return c * c + s * s; }
  double fourth() const { return std::pow(c, 4) + 6 * c * c * s * s + 3 * std::pow(s, 4); }
};

/// Means of x, y, x^2, y^2 and xy against those of the mixture.
void check_moments(const std::vector<Point>& points, const std::vector<Point>& centres, double deviation) {
  const auto mean = [&](auto&& f) {
    double sum = 0;
    for (const Point& c : centres) {
      const Moments x{c[0], deviation}, y{c[1], deviation};
      sum += f(x, y);
    }
    return sum / static_cast<double>(centres.size());
  };
  const auto check = [&](auto&& of_point, auto&& moment, auto&& moment_of_square) {
    const double expected = mean(moment);
    check_mean(points, of_point, expected, mean(moment_of_square) - expected * expected);
  };
  const auto x1 = [](const Moments& x, const Moments&) { return x.first(); };
  const auto x2 = [](const Moments& x, const Moments&) { return x.second(); };
  const auto x4 = [](const Moments& x, const Moments&) { return x.fourth(); };
  check([](double x, double) { return x; }, x1, x2);
  check([](double x, double) { return x * x; }, x2, x4);
  check([](double, double y) { return y; }, [&](auto& x, auto& y) { return x1(y, x); },
        [&](auto& x, auto& y) { return x2(y, x); });
  check([](double, double y) { return y * y; }, [&](auto& x, auto& y) { return x2(y, x); },
        [&](auto& x, auto& y) { return x4(y, x); });
  check([](double x, double y) { return x * y; }, [](auto& x, auto& y) { return x.first() * y.first(); },
        [](auto& x, auto& y) { return x.second() * y.second(); });
}

/// The modes, each point counted at its nearest: Pearson's statistic of equal shares, the spread around each, and how many
/// lie within 3 deviations.
void check_modes(const std::vector<Point>& points, const std::vector<Point>& centres, double deviation) {
  std::vector<double> counts(centres.size()), squares(centres.size());
  double near = 0;
  for (const Point& p : points) {
    const auto distance = [&](const Point& c) { return std::hypot(p[0] - c[0], p[1] - c[1]); };
    const auto nearest = std::min_element(centres.begin(), centres.end(),
                                          [&](const Point& a, const Point& b) { return distance(a) < distance(b); });
    const auto mode = static_cast<std::size_t>(nearest - centres.begin());
    ++counts[mode];
    squares[mode] += distance(*nearest) * distance(*nearest);
    near += distance(*nearest) <= 3 * deviation;
  }
  const double n = static_cast<double>(points.size()), expected = n / static_cast<double>(centres.size());
  double statistic = 0;
  for (const double count : counts) statistic += (count - expected) * (count - expected) / expected;
  // Of k degrees of freedom: P(X >= k + 2 sqrt(k t) + 2 t) <= exp(-t) (Laurent & Massart 2000, lemma 1); exp(-14) = 8e-7.
  const double k = static_cast<double>(centres.size()) - 1, t = 14;
  CHECK(statistic <= k + 2 * std::sqrt(k * t) + 2 * t);
  // r^2 has mean 2 s^2 and variance 4 s^4, around whichever mode.
  for (std::size_t mode = 0; mode < centres.size(); ++mode)
    CHECK(squares[mode] / counts[mode] == Approx(2 * deviation * deviation).epsilon(kErrors / std::sqrt(counts[mode])));
  // P(|r| <= 3 s) = 1 - exp(-9 / 2) in the plane.
  const double share = 1 - std::exp(-4.5);
  CHECK(near / n == Approx(share).margin(kErrors * std::sqrt(share * (1 - share) / n)).epsilon(0));
}

std::vector<Point> ring() {
  const double diagonal = std::sqrt(2.0);
  return {{2, 0},  {diagonal, diagonal},   {0, 2},  {-diagonal, diagonal},
          {-2, 0}, {-diagonal, -diagonal}, {0, -2}, {diagonal, -diagonal}};
}

std::vector<Point> grid() {
  std::vector<Point> centres;
  for (const double x : {-2, -1, 0, 1, 2})
    for (const double y : {-2, -1, 0, 1, 2}) centres.push_back({x, y});
  return centres;
}

/// The parameter of the spiral t (cos t, sin t) / 7.5, 3 pi / 2 <= t <= 9 pi / 2, at its place nearest to `p`.
double nearest_on_roll(const Point& p, double& distance) {
  const auto distance_at = [&](double t) {
    return std::hypot(p[0] - t * std::cos(t) / 7.5, p[1] - t * std::sin(t) / 7.5);
  };
  double best = 0;
  distance = INFINITY;
  const double angle = std::atan2(p[1], p[0]);
  for (int turn = 0; turn <= 3;
       ++turn) {  // near each turn's place of this angle the distance has one minimum: halve thirds
    double low = std::clamp(angle + 2 * pi * turn - 0.3, 1.5 * pi, 4.5 * pi);
    double high = std::clamp(angle + 2 * pi * turn + 0.3, 1.5 * pi, 4.5 * pi);
    for (int i = 0; i < 40; ++i) {
      const double third = (high - low) / 3;
      if (distance_at(low + third) < distance_at(high - third)) high -= third;
      else low += third;
    }
    if (distance_at(low) >= distance) continue;
    distance = distance_at(low);
    best = low;
  }
  return best;
}

TEST_CASE("mixtures of Gaussians have their moments", "[points]") {
  check_moments(points_of("ring8"), ring(), 0.05);
  check_moments(points_of("grid25"), grid(), 0.05);
  const std::vector<Point> line = points_of("gaussian-1d");
  const Moments x{1, 0.5};
  check_mean(
      line, [](double v, double) { return v; }, 1, 0.25);
  check_mean(
      line, [](double v, double) { return v * v; }, x.second(), x.fourth() - x.second() * x.second());
  // (x - 1) / 0.5 is normal: its fourth power has mean 3 and variance 105 - 9.
  check_mean(
      line, [](double v, double) { return std::pow((v - 1) / 0.5, 4); }, 3, 96);
}

TEST_CASE("every mode has its share, and points lie as near to it as they should", "[points]") {
  check_modes(points_of("ring8"), ring(), 0.05);
  check_modes(points_of("grid25"), grid(), 0.05);
}

TEST_CASE("the swiss roll lies on its spiral, evenly in the angle", "[points]") {
  const std::vector<Point> roll = points_of("swiss-roll");
  const double n = static_cast<double>(roll.size()), s = 0.25 / 7.5;
  double sum_t = 0, sum_squares = 0;
  std::array<double, 16> counts{};
  for (const Point& p : roll) {
    double distance = 0;
    const double t = nearest_on_roll(p, distance);
    sum_t += t;
    sum_squares += distance * distance;
    ++counts[std::min<std::size_t>(15, static_cast<std::size_t>((t - 1.5 * pi) / (3 * pi) * 16))];
  }
  // Of the noise the part along the curve moves the foot, by 0.25 / t in t, and the part across, N(0, s^2), is the distance:
  // its square has variance 2 s^4. The curve bends with radius 4.7 / 7.5 and more, which changes the distance by (s / radius)^2
  // = 0.3 % of it at most; off the two ends, 2 s of a length of 11.8, points are farther away: 0.6 % of them.
  const double mean_square = sum_squares / n;
  CHECK(mean_square == Approx(s * s).epsilon(kErrors * std::sqrt(2 / n) + 0.01));
  // t ~ U[3 pi / 2, 9 pi / 2): variance (3 pi)^2 / 12, and 1 / 16 of it in every sixteenth, as noise moves as many points out
  // of a sixteenth as into it.
  CHECK(sum_t / n == Approx(3 * pi).margin(kErrors * 3 * pi / std::sqrt(12 * n) + 1e-2).epsilon(0));
  for (const double count : counts) CHECK(count == Approx(n / 16).epsilon(kErrors * std::sqrt(15 / n) + 0.01));
}

TEST_CASE("the two lines are lines, as likely the one as the other", "[points]") {
  const std::vector<Point> lines = points_of("lines");
  for (const Point& p : lines) {
    REQUIRE(std::abs(p[0]) == 1);
    REQUIRE((p[1] >= -1 && p[1] < 1));
  }
  // y ~ U[-1, 1): variance 1 / 3; y^2: mean 1 / 3, variance 1 / 5 - 1 / 9; independent of x.
  check_mean(
      lines, [](double x, double) { return x; }, 0, 1);
  check_mean(
      lines, [](double, double y) { return y; }, 0, 1.0 / 3);
  check_mean(
      lines, [](double, double y) { return y * y; }, 1.0 / 3, 1.0 / 5 - 1.0 / 9);
  check_mean(
      lines, [](double x, double y) { return x * y; }, 0, 1.0 / 3);
}

TEST_CASE("points are a data set like others, of the seed alone", "[points]") {
  for (const std::string& name : point_set_names()) {
    INFO(name);
    DataOptions options{.source = name, .height = 32, .width = 32, .seed = 7, .threads = 2};
    const Dataset set = load_dataset(options);
    CHECK(set.name == name);
    CHECK(set.count == kPointCount);
    CHECK(set.height == 1);
    CHECK(set.width == 1);
    CHECK(set.channels == point_dimension(name));
    CHECK(set.dtype == DType::F32);
    CHECK(set.image_bytes() == 4 * set.channels);
    REQUIRE(set.pixels.size() == static_cast<std::size_t>(set.count * set.image_bytes()));
    CHECK((load_dataset(options).pixels == set.pixels));
    options.seed = 8;
    CHECK((load_dataset(options).pixels != set.pixels));

    const std::vector<float> shown = shown_points(set);
    REQUIRE(shown.size() == static_cast<std::size_t>(kShownPoints * set.channels));
    CHECK(std::memcmp(shown.data(), set.pixels.data(), shown.size() * sizeof(float)) == 0);
  }
}

TEST_CASE("points that there are none of", "[points]") {
  CHECK(message_of<InputError>([] { make_points({.source = "ring8", .channels = 3}); }) ==
        "--channels: 3 with --data ring8, whose points have 2; accepted are 2 and 0");
  CHECK_NOTHROW(make_points({.source = "ring8", .channels = 2}));
  CHECK_THROWS_AS(make_points({.source = "ring9"}), Error);
  CHECK(contains(message_of<InputError>([] { load_dataset({.source = "ring9", .height = 16, .width = 16}); }),
                 "or points: gaussian-1d, ring8, grid25, swiss-roll, lines"));
}

}  // namespace
}  // namespace gan
