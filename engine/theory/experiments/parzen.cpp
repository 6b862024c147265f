// The 2014 paper's measure of a generator, on Gaussians, where the truth is known.
#include "engine/evaluation/parzen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "engine/plot/svg.h"
#include "engine/theory/experiments/experiments.h"
#include "engine/theory/in_parallel.h"
#include "engine/theory/lab.h"

namespace gan::theory {

namespace {

constexpr std::int64_t kDimensions[] = {1, 2, 4, 8, 16, 32, 64};

/// Points of N(0, spread^2 I).
Points gaussian_points(std::int64_t count, std::int64_t dimension, std::uint64_t seed, double spread = 1) {
  const Numbers numbers = normal_latents(count, dimension, seed);
  Points points{.values = {numbers.begin(), numbers.end()}, .dimension = dimension};
  for (double& value : points.values) value *= spread;
  return points;
}

/// E log N(x; 0, v I) over x ~ N(0, I): what infinitely many samples of spread s with a window sigma come to, v = s^2 +
/// sigma^2. The truth, the negative entropy, is that of v = 1.
double expected_log_density(std::int64_t dimension, double v) {
  return -0.5 * static_cast<double>(dimension) * (std::log(2 * std::numbers::pi * v) + 1 / v);
}

/// log N(x; 0, I) of one of the points.
double log_density(const Points& points, std::size_t i) {
  const auto dimension = static_cast<std::size_t>(points.dimension);
  double squared = 0;
  for (std::size_t k = i * dimension; k < (i + 1) * dimension; ++k) squared += points.values[k] * points.values[k];
  return -0.5 * (squared + static_cast<double>(dimension) * std::log(2 * std::numbers::pi));
}

std::vector<double> log_likelihoods(const Points& samples, const Points& points, std::vector<double> sigmas) {
  Overseer nobody;
  return parzen_log_likelihoods(samples, points, sigmas, /*threads=*/1, nobody);
}

/// The paper's protocol: sigma from a validation set, the mean from a test set.
struct Estimate {
  double sigma = 0;
  MeanAndError log_likelihood;
  MeanAndError shortfall;  ///< log N(x; 0, I) - log p(x), point by point
};

Estimate by_protocol(const Points& samples, std::int64_t tests, std::uint64_t seed) {
  std::vector<double> sigmas;
  for (double sigma = 0.05; sigma < 2; sigma *= 1.25) sigmas.push_back(sigma);
  const Points validation = gaussian_points(tests, samples.dimension, seed),
               test = gaussian_points(tests, samples.dimension, seed + 1);
  Estimate estimate;
  estimate.sigma = sigmas[choose_sigma(log_likelihoods(samples, validation, sigmas), sigmas.size()).best];
  std::vector<double> logs = log_likelihoods(samples, test, {estimate.sigma});
  estimate.log_likelihood = mean_and_error(logs);
  for (std::size_t i = 0; i < logs.size(); ++i) logs[i] = log_density(test, i) - logs[i];
  estimate.shortfall = mean_and_error(logs);
  return estimate;
}

/// In the plane with a fixed window, ever more samples: the estimate comes to its closed form.
void converge(const Conditions& conditions, Result& result, plot::Panel& panel) {
  constexpr std::int64_t kDimension = 2;
  constexpr double kSigma = 0.5, kVariance = 1 + kSigma * kSigma;
  const std::int64_t tests = conditions.quick ? 1000 : 4000, most = conditions.quick ? 10'000 : 40'000;
  const double limit = expected_log_density(kDimension, kVariance);
  // Of a kernel over samples E[k^2] / E[k]^2, over test points: (v^2 / (sigma^2 u (1 - 2 t)))^(d/2), u = 2 + sigma^2,
  // t = 1/v - 1/u. The logarithm of a mean of n kernels is low by (ratio - 1) / (2 n), its common variance (ratio - 1) / n.
  const double u = 2 + kSigma * kSigma, t = 1 / kVariance - 1 / u;
  const double ratio = kVariance * kVariance / (kSigma * kSigma * u * (1 - 2 * t));
  const Points test = gaussian_points(tests, kDimension, conditions.seed * 1000);
  plot::Line measured{.label = "estimate", .marker = plot::Marker::Dot, .whiskers = true};
  for (std::int64_t n = 10; n <= most; n = n * 4 > most && n < most ? most : n * 4) {
    const MeanAndError mean = mean_and_error(log_likelihoods(
        gaussian_points(n, kDimension, conditions.seed * 1000 + static_cast<std::uint64_t>(n)), test, {kSigma}));
    measured.x.push_back(static_cast<double>(n));
    measured.y.push_back(mean.mean);
    measured.band_low.push_back(mean.mean - 2 * mean.standard_error);
    measured.band_high.push_back(mean.mean + 2 * mean.standard_error);
  }
  const auto samples = static_cast<double>(most);
  const double bias = -(ratio - 1) / (2 * samples);
  const double spread =
      std::sqrt(kDimension / (2 * kVariance * kVariance) / static_cast<double>(tests) + (ratio - 1) / samples);
  result.measurements.push_back({.name = "log-likelihood in the plane with sigma 1/2, nats",
                                 .value = measured.y.back(),
                                 .low = limit + bias - 4 * spread,
                                 .high = limit + bias + 4 * spread,
                                 .because =
                                     "-log(2 pi v) - 1 / v, v = 1 + sigma^2, with four standard deviations of its "
                                     "estimate from so many points and samples"});
  panel = {.title = "ever more samples",
           .x = {.label = "samples", .scale = plot::Scale::Logarithmic},
           .y = {.label = "log-likelihood", .unit = "nats"},
           .layers = {measured, plot::ReferenceLine{
                                    .direction = plot::Direction::Horizontal, .at = limit, .label = "closed form"}}};
}

/// The estimate against the truth in ever more dimensions, of a generator that is perfect.
void miss(const Conditions& conditions, Result& result, plot::Panel& panel) {
  const std::int64_t samples = conditions.quick ? 1000 : 10'000, tests = conditions.quick ? 200 : 500;
  const std::vector<Estimate> estimates = all_of(std::size(kDimensions), [&](std::size_t i) {
    const std::uint64_t seed = conditions.seed * 1000 + 100 + 10 * i;
    return by_protocol(gaussian_points(samples, kDimensions[i], seed), tests, seed + 1);
  });
  plot::Line gap{.label = "shortfall of the estimate", .marker = plot::Marker::Dot},
      least{.label = "of infinitely many samples"};
  double least_in_errors = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < std::size(kDimensions); ++i) {
    const double sigma = estimates[i].sigma;
    gap.x.push_back(static_cast<double>(kDimensions[i]));
    gap.y.push_back(estimates[i].shortfall.mean);
    least.x.push_back(gap.x.back());
    least.y.push_back(expected_log_density(kDimensions[i], 1) -
                      expected_log_density(kDimensions[i], 1 + sigma * sigma));
    least_in_errors = std::min(least_in_errors, gap.y.back() / estimates[i].shortfall.standard_error);
  }
  result.measurements.push_back(
      {.name = "shortfall of a perfect generator, in standard errors, smallest over all dimensions",
       .value = least_in_errors,
       .low = -4,
       .high = std::numeric_limits<double>::infinity(),
       .because = "Gibbs' inequality: on average no density finds points more probable than the one they come from"});
  result.measurements.push_back(
      {.name = "shortfall in 64 dimensions, nats",
       .value = gap.y.back(),
       .low = least.y.back(),
       .high = std::numeric_limits<double>::infinity(),
       .because =
           "infinitely many samples with the chosen window fall short by d/2 (log v + 1/v - 1), v = 1 + sigma^2; "
           "fewer by more, the logarithm being concave"});
  panel = {.title = "of a perfect generator",
           .x = {.label = "dimension", .scale = plot::Scale::Logarithmic},
           .y = {.label = "truth - estimate", .unit = "nats", .low = 0},
           .layers = {gap, least}};
}

/// Generators of N(0, s^2 I) against test points of N(0, I): the perfect one is s = 1, and not the one that wins.
void prefer(const Conditions& conditions, Result& result, plot::Panel& panel) {
  constexpr std::int64_t kDimension = 16;
  const std::vector<double> spreads = {0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2};
  const std::int64_t samples = conditions.quick ? 1000 : 10'000, tests = conditions.quick ? 300 : 500;
  const std::uint64_t seed = conditions.seed * 1000 + 500;
  const std::vector<Estimate> estimates = all_of(spreads.size(), [&](std::size_t i) {
    return by_protocol(gaussian_points(samples, kDimension, seed, spreads[i]), tests, seed + 1);
  });
  plot::Line line{.label = "estimate", .marker = plot::Marker::Dot};
  for (std::size_t i = 0; i < spreads.size(); ++i) {
    line.x.push_back(spreads[i]);
    line.y.push_back(estimates[i].log_likelihood.mean);
  }
  result.measurements.push_back(
      {.name = "estimate of a generator of spread 0.8 above that of the true one, nats",
       .value = line.y[2] - line.y[4],
       .low = 0,
       .high = std::numeric_limits<double>::infinity(),
       .because =
           "with a window sigma, spread s looks like s^2 + sigma^2, and that is best at 1: the true s is too wide"});
  panel = {.title = "of generators of spread s, 16 dimensions",
           .x = {.label = "s (the test points' is 1)"},
           .y = {.label = "log-likelihood", .unit = "nats"},
           .layers = {line, plot::ReferenceLine{.direction = plot::Direction::Vertical, .at = 1, .label = "perfect"}}};
}

Result run(const Conditions& conditions) {
  Result result;
  plot::Panel convergence, shortfall, preference;
  converge(conditions, result, convergence);
  miss(conditions, result, shortfall);
  prefer(conditions, result, preference);
  result.pictures = {
      {.name = "log-likelihoods",
       .svg = plot::to_svg({.title = "Parzen windows on Gaussians",
                            .description = "The Parzen-window log-likelihood over the number of samples, its shortfall "
                                           "over the dimension, and its value over the spread of the generator.",
                            .panels = {convergence, shortfall, preference},
                            .columns = 3,
                            .plot_width = 280}),
       .caption =
           "Left: with enough samples the estimate is the likelihood of the smoothed distribution. Middle: in many "
           "dimensions it is far below the truth, even for a perfect generator. Right: it prefers a generator that "
           "is too narrow to the perfect one."}};
  return result;
}

}  // namespace

Experiment parzen() {
  return {
      .name = "parzen",
      .title = "The Parzen window",
      .chinese = "Parzen 窗对数似然",
      .summary = "the 2014 paper's log-likelihood is right in the plane, and far off in many dimensions",
      .claim =
          "A GAN has no likelihood to read off. The 2014 paper puts a Gaussian window around each of 10,000 samples, "
          "chooses its width on a validation set and reports the log-likelihood of the test set. With enough samples "
          "that is the "
          "likelihood of the generator's distribution, blurred by the window. In many dimensions no number of samples "
          "is "
          "enough: the estimate misses the truth by more than models differ, and can prefer the worse one.",
      .formula =
          "log <i>p</i>(<i>x</i>) = log 1/<i>n</i> &sum;<sub>j</sub> N(<i>x</i>; <i>s</i><sub>j</sub>, "
          "&sigma;<sup>2</sup><i>I</i>)",
      .setup =
          "Samples and test points of N(0, I), whose log-likelihood is -<i>d</i>/2 (log 2&pi; + 1) exactly. First in "
          "the "
          "plane with sigma 1/2 and up to 40,000 samples; then by the paper's protocol with 10,000 samples in 1 to 64 "
          "dimensions; last, in 16 dimensions, samples of N(0, s<sup>2</sup> I) for seven s.",
      .source =
          "Goodfellow et al. 2014, section 5; Breuleux, Bengio &amp; Vincent 2011; Theis, van den Oord &amp; Bethge "
          "2016, section 3.2",
      .run = run};
}

}  // namespace gan::theory
