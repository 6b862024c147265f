// The Parzen window against direct sums in long double, and against what mathematics says of Gaussians.
#include "engine/evaluation/parzen.h"

#include <cmath>
#include <numbers>
#include <random>

#include "tests/support/catch.h"
#include "tests/support/error_message.h"

using namespace gan;

namespace {

Points normal_points(std::int64_t count, std::int64_t dimension, unsigned seed, double scale = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(0, scale);
  Points points{.dimension = dimension};
  points.values.resize(static_cast<std::size_t>(count * dimension));
  for (double& value : points.values) value = normal(random);
  return points;
}

std::vector<double> estimate(const Points& samples, const Points& points, std::vector<double> sigmas, int threads = 1) {
  Overseer nobody;
  return parzen_log_likelihoods(samples, points, sigmas, threads, nobody);
}

/// The definition, term by term, in long double, whose exponent reaches far below a double's.
long double by_definition(const Points& samples, const Points& points, std::int64_t i, double sigma) {
  const std::int64_t d = samples.dimension;
  long double sum = 0;
  for (std::int64_t j = 0; j < samples.count(); ++j) {
    long double squared = 0;
    for (std::int64_t k = 0; k < d; ++k) {
      const long double difference = static_cast<long double>(points.values[static_cast<std::size_t>(i * d + k)]) -
                                     samples.values[static_cast<std::size_t>(j * d + k)];
      squared += difference * difference;
    }
    sum += std::exp(-squared / (2 * static_cast<long double>(sigma) * sigma));
  }
  return std::log(sum / static_cast<long double>(samples.count())) -
         static_cast<long double>(d) / 2 * std::log(2 * std::numbers::pi_v<long double> * sigma * sigma);
}

}  // namespace

TEST_CASE("the estimate is its definition, whatever the numbers of points, samples and dimensions", "[parzen]") {
  // 1 to one past what is computed together, in every direction, and more samples than a block of them (here 4096).
  for (const auto& [samples, points, dimension] :
       {std::tuple{1, 1, 1}, {2, 3, 1}, {5, 17, 7}, {4, 16, 8}, {33, 5, 9}, {130, 19, 30}, {4101, 18, 2}}) {
    const Points s = normal_points(samples, dimension, 1), x = normal_points(points, dimension, 2);
    const std::vector<double> sigmas = {0.3, 1, 2.5};
    const std::vector<double> got = estimate(s, x, sigmas);
    REQUIRE(got.size() == sigmas.size() * static_cast<std::size_t>(points));
    for (std::size_t k = 0; k < sigmas.size(); ++k)
      for (std::int64_t i = 0; i < points; ++i) {
        INFO(samples << " samples, " << points << " points of " << dimension << ", sigma " << sigmas[k]);
        const auto want = static_cast<double>(by_definition(s, x, i, sigmas[k]));
        // A squared distance q of d terms is off by d eps q at most, the exponent q / (2 sigma^2) by as much of itself, which
        // is at most |want| + d |log sigma| + log n in a term that counts; and a few eps of each other part.
        const double rounding = 0x1p-52 * (dimension + 8) * (std::abs(want) + 3 * dimension + 20);
        CHECK(std::abs(got[k * static_cast<std::size_t>(points) + static_cast<std::size_t>(i)] - want) <= rounding);
      }
    for (const int threads : {2, 3}) CHECK(estimate(s, x, sigmas, threads) == got);
  }
}

TEST_CASE("far from every sample all kernels underflow, and the logarithm is right", "[parzen]") {
  Points samples{.values = {0, 0, 1, 0, 0, 2}, .dimension = 2};
  Points far{.values = {300, 400, -1e6, 0}, .dimension = 2};
  const std::vector<double> got = estimate(samples, far, {0.1});
  for (std::int64_t i = 0; i < 2; ++i) {
    // The nearest sample decides; the others are exp(-100) and less beside it. (300, 400) to (0, 2): 90000 + 158404.
    const double nearest = i == 0 ? 90000.0 + 158404.0 : 1e12;
    const double want = -nearest / 0.02 - std::log(3.0) - std::log(2 * std::numbers::pi * 0.01);
    CHECK(std::exp(-nearest / 0.02) == 0);
    CHECK(std::isfinite(got[static_cast<std::size_t>(i)]));
    CHECK(std::abs(got[static_cast<std::size_t>(i)] - want) <= 8 * 0x1p-52 * std::abs(want));
  }
  // The nearest sample in a later block than others: what was summed before is scaled down, to nothing here.
  Points many = normal_points(5000, 2, 1);
  many.values[9998] = 300;
  many.values[9999] = 399;
  CHECK(std::abs(estimate(many, far, {0.1})[0] -
                 (-1 / 0.02 - std::log(5000.0) - std::log(2 * std::numbers::pi * 0.01))) <= 1e-9);
}

TEST_CASE("of Gaussians it finds the entropy of the smoothed distribution", "[parzen]") {
  // Samples of N(0, I), kernels sigma^2 I: with ever more samples the density becomes that of N(0, v I), v = 1 + sigma^2, so
  // that E log p(x) over x ~ N(0, I) tends to -d/2 (log(2 pi v) + 1 / v).
  constexpr std::int64_t kDimension = 2, kSamples = 40'000, kTests = 4'000;
  constexpr double kSigma = 0.5, kVariance = 1 + kSigma * kSigma;
  const MeanAndError mean = mean_and_error(
      estimate(normal_points(kSamples, kDimension, 11), normal_points(kTests, kDimension, 12), {kSigma}));
  const double limit = -0.5 * kDimension * (std::log(2 * std::numbers::pi * kVariance) + 1 / kVariance);

  // Test points: log p(x) = const - |x|^2 / (2 v) in the limit, and |x|^2 has variance 2 d. For d = 2 it is exponential, of
  // kurtosis 9, and the estimate of its deviation off by sqrt((9 - 1) / (4 n)) = 2.2 % on average.
  const double standard_error = std::sqrt(2.0 * kDimension) / (2 * kVariance) / std::sqrt(double(kTests));
  CHECK(std::abs(mean.standard_error / standard_error - 1) <= 0.1);

  // Samples: of a kernel k(x, s) over s ~ N(0, I), E[k^2] / E[k]^2 = (v^2 / (sigma^2 u))^(d/2) exp(t |x|^2) with u = 2 +
  // sigma^2, t = 1/v - 1/u, since k^2 is (4 pi sigma^2)^(-d/2) times a Gaussian of variance sigma^2 / 2. Over x ~ N(0, I)
  // the exponential is (1 - 2 t)^(-d/2) on average. To first order in 1/n the logarithm of a mean of n kernels is low by
  // (ratio - 1) / (2 n), and the variance that all test points have in common is at most (ratio - 1) / n.
  const double u = 2 + kSigma * kSigma, t = 1 / kVariance - 1 / u;
  const double ratio = std::pow(kVariance * kVariance / (kSigma * kSigma * u) / (1 - 2 * t), kDimension / 2.0);
  const double bias = -(ratio - 1) / (2.0 * kSamples);
  const double band = 4 * std::sqrt(standard_error * standard_error + (ratio - 1) / kSamples);
  INFO("mean " << mean.mean << ", limit " << limit << ", bias " << bias << ", band " << band);
  CHECK(std::abs(mean.mean - (limit + bias)) <= band);
  CHECK(band < 0.1);  // any part of the limit that were wrong would be outside: log v is 0.22, 1 - 1 / v is 0.2
}

TEST_CASE("sigma is the one that validation likes best", "[parzen]") {
  const std::vector<double> table = {-3, -5, /**/ -1, -2, /**/ -1, -2, /**/ -9, 4};
  const SigmaChoice choice = choose_sigma(table, 4);
  CHECK(choice.means == std::vector<double>{-4, -1.5, -1.5, -2.5});
  CHECK(choice.best == 1);
  // 200 samples of N(0, 1): too narrow a window sees gaps, too wide a one no shape.
  const std::vector<double> sigmas = {0.001, 0.3, 100};
  const std::vector<double> logs = estimate(normal_points(200, 1, 1), normal_points(300, 1, 2), sigmas);
  CHECK(choose_sigma(logs, 3).best == 1);
}

TEST_CASE("a mean and its standard error", "[parzen]") {
  const std::vector<double> values = {1, 2, 3, 6};
  const MeanAndError m = mean_and_error(values);
  CHECK(m.mean == 3);
  CHECK(std::abs(m.standard_error - std::sqrt(14.0 / 3 / 4)) <= 1e-15);
  CHECK(mean_and_error(std::vector<double>{5}).standard_error == 0);
}

TEST_CASE("what cannot be estimated", "[parzen]") {
  const Points one = normal_points(1, 2, 1), other = normal_points(1, 3, 1);
  gan::test::require_error<Error>([&] { estimate(one, other, {1}); }, {"dimension 2", "dimension 3"});
  gan::test::require_error<Error>([&] { estimate({.dimension = 2}, one, {1}); }, {"0 samples"});
  gan::test::require_error<Error>([&] { estimate(one, one, {0}); }, {"sigma 0"});
}
