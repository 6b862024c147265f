// A discriminator as a test of whether two sets come from one distribution: how often it is wrong, and what it finds.
#include "engine/evaluation/two_sample.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "engine/data/load.h"
#include "engine/evaluation/exact_size.h"
#include "engine/evaluation/sample_sets.h"
#include "engine/plot/svg.h"
#include "engine/theory/experiments/experiments.h"
#include "engine/theory/experiments/fashion_mnist.h"
#include "engine/theory/in_parallel.h"
#include "engine/theory/lab.h"

namespace gan::theory {

namespace {

constexpr double kAlpha = 0.05;
constexpr double kShifts[] = {0.25, 0.5, 0.75, 1, 1.5};
constexpr std::int64_t kPoints = 200;  // of each set, half of them tested
constexpr std::int64_t kPermutations = 199;
constexpr double kBandConfidence = 0.99;

/// P(X <= x) for X ~ N(0, 1).
double normal_probability(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

/// Points of N((shift, 0), I) in the plane.
Dataset gaussian_points(std::uint64_t seed, double shift) {
  Numbers points = normal_latents(kPoints, 2, seed);
  for (std::size_t i = 0; i < points.size(); i += 2) points[i] += static_cast<float>(shift);
  return dataset_of_points(points, 2);
}

TwoSampleResult tested(const Dataset& a, const Dataset& b, const TwoSampleSettings& settings) {
  Overseer nobody;
  return two_sample_test(a, b, settings, nobody);
}

/// One test of N(0, I) against N((shift, 0), I); no two numbers of repetition share points.
TwoSampleResult test_of_shift(std::uint64_t repetition, double shift) {
  return tested(gaussian_points(2 * repetition, 0), gaussian_points(2 * repetition + 1, shift),
                {.model = {.model = "mlp", .image = {1, 1, 2}, .latent = 1, .width = 16},
                 .optimizer = {.learning_rate = 1e-2},
                 .batch = 50,
                 .iterations = 50,
                 .permutations = kPermutations,
                 .seed = repetition,
                 .device = "cpu",
                 .threads = 1});
}

/// Tests that reject at the level kAlpha.
struct Rejections {
  double binomial = 0, permutation = 0;
  double accuracy = 0;  ///< mean over the tests
};

Rejections count(const std::vector<TwoSampleResult>& tests) {
  Rejections rejections;
  for (const TwoSampleResult& test : tests) {
    rejections.binomial += test.binomial_p <= kAlpha;
    rejections.permutation += test.permutation_p <= kAlpha;
    rejections.accuracy += test.accuracy / static_cast<double>(tests.size());
  }
  return rejections;
}

/// How many of the held-out verdicts are A.
std::int64_t said_a(const TwoSampleResult& test) {
  const auto count_in = [](const HeldOut& held_out) {
    return std::count_if(held_out.logits.begin(), held_out.logits.end(), [](float logit) { return logit > 0; });
  };
  return count_in(test.a) + count_in(test.b);
}

Measurement rate(std::string name, double rejections, const std::vector<double>& sizes, std::string because) {
  const CountInterval interval = central_interval(sizes, kBandConfidence);
  const auto tests = static_cast<double>(sizes.size());
  return {.name = std::move(name),
          .value = rejections / tests,
          .low = static_cast<double>(interval.low) / tests,
          .high = static_cast<double>(interval.high) / tests,
          .because = std::move(because)};
}

/// The p-values of tests, in order, against their rank: a diagonal where they are uniform.
plot::Line ranked(const std::vector<TwoSampleResult>& tests, double TwoSampleResult::*p, const char* label) {
  plot::Line line{.label = label};
  line.x.reserve(tests.size());
  for (const TwoSampleResult& test : tests) line.x.push_back(test.*p);
  std::sort(line.x.begin(), line.x.end());
  for (std::size_t i = 0; i < line.x.size(); ++i)
    line.y.push_back(static_cast<double>(i + 1) / static_cast<double>(line.x.size()));
  return line;
}

/// Under equality.
void calibrate(const Conditions& conditions, Result& result, plot::Panel& panel) {
  const std::size_t repetitions = conditions.quick ? 100 : 200;
  const std::vector<TwoSampleResult> tests =
      all_of(repetitions, [&](std::size_t i) { return test_of_shift(conditions.seed * 100'000 + i, 0); });
  std::vector<double> sizes;
  sizes.reserve(repetitions);
  for (const TwoSampleResult& test : tests) sizes.push_back(exact_size(test.tested, said_a(test), kAlpha));
  const Rejections rejections = count(tests);
  result.measurements.push_back(
      rate("rejections under equality at 5 %, binomial", rejections.binomial, sizes,
           "given how many test points the classifier calls A, right answers are hypergeometric: the 99 % interval of "
           "as many tests with exactly these sizes"));
  result.measurements.push_back(rate(
      "rejections under equality at 5 %, permutation", rejections.permutation, std::vector<double>(repetitions, kAlpha),
      "10 of 200 equally likely ranks are at most 5 %: the 99 % interval of the binomial distribution"));
  panel = {.title = "under equality",
           .x = {.label = "p-value", .low = 0, .high = 1},
           .y = {.label = "share of tests with p at most that", .low = 0, .high = 1},
           .layers = {plot::Line{.x = {0, 1}, .y = {0, 1}, .label = "uniform", .colour = plot::Colour::Grey},
                      ranked(tests, &TwoSampleResult::binomial_p, "binomial"),
                      ranked(tests, &TwoSampleResult::permutation_p, "permutation")}};
}

/// Against shifts: how often each is found, and how often the best classifier would.
void measure_power(const Conditions& conditions, Result& result, plot::Panel& panel) {
  const std::size_t repetitions = conditions.quick ? 20 : 80;
  plot::Line binomial{.label = "binomial", .marker = plot::Marker::Dot},
      permutation{.label = "permutation", .marker = plot::Marker::Square},
      best{.label = "best classifier", .colour = plot::Colour::Grey};
  const std::int64_t verdicts = kPoints, critical = binomial_critical_count(verdicts, 0.5, kAlpha);
  for (double shift = 0; shift <= kShifts[4] + 1e-9; shift += 0.05) {
    best.x.push_back(shift);
    best.y.push_back(binomial_upper_tail(critical, verdicts, normal_probability(shift / 2)));
  }
  double excess = -std::numeric_limits<double>::infinity(), found = 0;
  for (std::size_t k = 0; k < std::size(kShifts); ++k) {
    const Rejections rejections = count(all_of(repetitions, [&](std::size_t i) {
      return test_of_shift(conditions.seed * 100'000 + (k + 1) * 10'000 + i, kShifts[k]);
    }));
    const auto tests = static_cast<double>(repetitions);
    binomial.x.push_back(kShifts[k]);
    binomial.y.push_back(rejections.binomial / tests);
    permutation.x.push_back(kShifts[k]);
    permutation.y.push_back(rejections.permutation / tests);
    const double standard_error = 0.5 / std::sqrt(tests * static_cast<double>(verdicts));
    excess = std::max(excess, (rejections.accuracy - normal_probability(kShifts[k] / 2)) / standard_error);
    if (kShifts[k] == 1) found = rejections.binomial / tests;
  }
  result.measurements.push_back(
      {.name = "accuracy above the best classifier's, in standard errors, largest over all shifts",
       .value = excess,
       .low = -std::numeric_limits<double>::infinity(),
       .high = 3.5,
       .because = "no classifier is right more often than Phi(shift / 2), on average; one in 850 estimates of five is "
                  "3.5 standard errors above its mean"});
  const CountInterval weaker = central_interval(
      std::vector<double>(repetitions, binomial_upper_tail(critical, verdicts, normal_probability(0.375))), 0.99);
  result.measurements.push_back(
      {.name = "shift of one standard deviation found, share of tests",
       .value = found,
       .low = static_cast<double>(weaker.low) / static_cast<double>(repetitions),
       .high = 1,
       .because =
           "a classifier that reaches the accuracy which is best for a shift of 3/4 finds it at least as often"});
  panel = {.title = "against a shift",
           .x = {.label = "shift", .unit = "standard deviations", .low = 0},
           .y = {.label = "share of tests that reject", .low = 0, .high = 1},
           .layers = {best, binomial, permutation,
                      plot::ReferenceLine{.direction = plot::Direction::Horizontal, .at = kAlpha, .label = "5 %"}}};
}

/// Train against test, and T-shirts against everything, where the data set is installed.
void test_fashion(const Conditions& conditions, Result& result) {
  if (!fashion_mnist_is_installed()) return;
  const std::int64_t images = conditions.quick ? 1000 : 4000;
  const TwoSampleSettings settings{
      .model = {.model = "mlp", .image = {kFashionSide, kFashionSide, 1}, .latent = 1, .width = 8},
      .optimizer = {.learning_rate = 1e-3},
      .most = images,
      .iterations = conditions.quick ? 150 : 600,
      .permutations = 999,
      .seed = conditions.seed,
      .device = "cpu",
      .threads = 1};
  const FashionMnist train = load_fashion_mnist(FashionPart::Train), test = load_fashion_mnist(FashionPart::Test);
  const TwoSampleResult same = tested(train.images, test.images, settings);
  const TwoSampleResult other = tested(of_class(train, kTShirts), test.images, settings);
  const char* const level = "a test of this level is wrong once in a thousand seeds";
  result.measurements.push_back({.name = "Fashion-MNIST, training against test images: binomial p",
                                 .value = same.binomial_p,
                                 .low = 0.001,
                                 .high = 1,
                                 .because = level});
  result.measurements.push_back({.name = "Fashion-MNIST, T-shirts against test images: binomial p",
                                 .value = other.binomial_p,
                                 .low = 0,
                                 .high = 1e-9,
                                 .because =
                                     "nine of ten test images are no T-shirts: calling the images of other shapes "
                                     "so is right far more often than chance"});
}

Result run(const Conditions& conditions) {
  Result result;
  plot::Panel calibration, power;
  calibrate(conditions, result, calibration);
  measure_power(conditions, result, power);
  test_fashion(conditions, result);
  result.pictures = {
      {.name = "tests",
       .svg = plot::to_svg({.title = "A classifier as a test",
                            .description = "Distribution of p-values under equality, and the share of rejections over "
                                           "the shift between two Gaussians.",
                            .panels = {calibration, power},
                            .columns = 2}),
       .caption =
           "Left: where nothing differs, p-values are uniform; those of the binomial test come in steps and are a "
           "little too large. Right: how often a shift is found. The grey line is the binomial test with the best "
           "possible classifier; the permutation test sees by how much answers are right, and finds more."}};
  return result;
}

}  // namespace

Experiment two_sample() {
  return {
      .name = "two-sample",
      .title = "Do two sets come from one distribution?",
      .chinese = "用判别器检验两组样本是否同分布",
      .summary = "a discriminator that cannot do better than guess on new images says that two sets are alike",
      .claim =
          "To see whether training data and the data met in use come from one distribution, train a classifier to tell "
          "them apart: if it cannot, the series says, they are the same. Put exactly: on images that it was not "
          "trained "
          "on, a classifier of equal sets is right about half of the time, and a binomial test tells how far above "
          "half "
          "is too far. It errs by finding a difference as rarely as asked. That it finds none proves nothing: a weak "
          "classifier, or few images, find nothing either.",
      .formula =
          "right answers &sim; Binomial(2<i>m</i>, 1/2) if <i>P</i> = <i>Q</i>; &nbsp; "
          "logit(<i>x</i>) &asymp; log <i>p</i>(<i>x</i>) / <i>q</i>(<i>x</i>)",
      .setup =
          "200 times, 200 points of N(0, I) in the plane against 200 others: a network of two layers of 16 is trained "
          "on "
          "half of them (50 steps, batch 50) and tested on the other half, at 5 %. Then the same against N((t, 0), I) "
          "for "
          "five t. Last, Fashion-MNIST, if it is installed: training images against test images, and T-shirts against "
          "test images.",
      .source = "Lopez-Paz &amp; Oquab 2017, section 3",
      .run = run};
}

}  // namespace gan::theory
