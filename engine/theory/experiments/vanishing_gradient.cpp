// What a generator still learns from a discriminator that is almost perfect.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/data/points.h"
#include "engine/plot/svg.h"
#include "engine/theory/densities.h"
#include "engine/theory/experiments/experiments.h"

namespace gan::theory {

namespace {

constexpr int kBatches = 24;  ///< of noise, over which a gradient's mean and spread are taken

/// A generator's gradient over several batches of noise.
struct GradientStatistics {
  double norm = 0;      ///< mean norm
  double variance = 0;  ///< summed over all parameters: E|g - E g|^2
};

GradientStatistics statistics_of(Lab& lab, const std::string& objective, std::uint64_t seed) {
  std::vector<double> sum;
  double squares = 0, norms = 0;
  for (int batch = 0; batch < kBatches; ++batch) {
    const Numbers g = lab.generator_gradient(objective, seed * kBatches + static_cast<std::uint64_t>(batch));
    sum.resize(g.size());
    double square = 0;
    for (std::size_t i = 0; i < g.size(); ++i) {
      sum[i] += g[i];
      square += double{g[i]} * g[i];
    }
    squares += square;
    norms += std::sqrt(square);
  }
  double mean_square = 0;
  for (const double s : sum) mean_square += (s / kBatches) * (s / kBatches);
  return {.norm = norms / kBatches, .variance = (squares / kBatches - mean_square) * kBatches / (kBatches - 1)};
}

/// What was seen while D was trained on.
struct Course {
  std::vector<double> steps, minimax, non_saturating, variance;
};

/// Two parallel segments, three times as far away as the data set's: no generator's first curve reaches them, so that D can
/// be perfect.
Dataset far_lines(std::uint64_t seed) {
  constexpr float kFarther = 3;
  Dataset data = make_points({.source = "lines", .height = 1, .width = 1, .seed = seed});
  Numbers points(data.pixels.size() / sizeof(float));
  std::memcpy(points.data(), data.pixels.data(), data.pixels.size());
  for (float& number : points) number *= kFarther;
  return dataset_of_points(points, 2);
}

Course train_on(std::uint64_t seed, std::int64_t steps) {
  constexpr std::int64_t kEarly = 10;  ///< iterations of both players before G is held still
  constexpr std::size_t kPoints = 16384;
  // G moves little in its few iterations: its curve does not reach the data's yet.
  Lab lab({.g_optimizer = {.learning_rate = 1e-4, .beta1 = 0.5},
           .d_optimizer = {.learning_rate = 1e-3, .beta1 = 0.5},
           .iteration = {.batch = 256, .seed = seed}},
          point_networks({.dimension = 2, .latent = 1}), far_lines(seed), dataset_of_points(Numbers(2 * kPoints), 2));
  lab.train(kEarly);
  lab.imitate_generator(seed);
  Course course;
  for (std::int64_t done = 0; done < steps;) {
    const std::int64_t until = done == 0 ? 10 : std::min(steps, done * 3 / 2);
    lab.train_discriminator(until - done);
    done = until;
    const GradientStatistics minimax = statistics_of(lab, "minimax", seed),
                             other = statistics_of(lab, "non-saturating", seed);
    course.steps.push_back(static_cast<double>(done));
    course.minimax.push_back(minimax.norm);
    course.non_saturating.push_back(other.norm);
    course.variance.push_back(other.variance);
  }
  return course;
}

plot::Line line_of(const std::vector<double>& x, const std::vector<double>& y, const std::string& label) {
  return {.x = x, .y = y, .label = label};
}

std::vector<Picture> pictures_of(const Course& course) {
  const plot::Axis steps{.label = "steps of D with G held still", .scale = plot::Scale::Logarithmic};
  return {{.name = "gradients",
           .svg = plot::to_svg(
               {.title = "The generator's gradient while D is trained on",
                .description = "Norms of two losses' gradients, and the variance of one of them, over D's steps.",
                .panels = {{.title = "norms",
                            .x = steps,
                            .y = {.label = "|gradient of G's loss|", .scale = plot::Scale::Logarithmic},
                            .layers = {line_of(course.steps, course.minimax, "log(1 - D(G(z)))"),
                                       line_of(course.steps, course.non_saturating, "-log D(G(z))")}},
                           {.title = "variance between batches",
                            .x = steps,
                            .y = {.label = "E|g - E g|^2 of -log D(G(z))", .scale = plot::Scale::Logarithmic},
                            .layers = {line_of(course.steps, course.variance, "-log D(G(z))")}}},
                .columns = 2}),
           .caption =
               "Left: the minimax loss's gradient dies as D becomes perfect, the other one's does not. Right: but "
               "from batch to batch it varies ever more. (The first seed.)"}};
}

Result run(const Conditions& conditions) {
  const int seeds = conditions.quick ? 1 : 3;
  constexpr std::int64_t kSteps = 6000;
  std::vector<double> minimax, non_saturating, variance;
  Result result;
  for (int i = 0; i < seeds; ++i) {
    const Course course = train_on(conditions.seed + static_cast<std::uint64_t>(i), kSteps);
    minimax.push_back(course.minimax.back() / largest_of(course.minimax));
    non_saturating.push_back(-course.non_saturating.back() / course.non_saturating.front());
    variance.push_back(-course.variance.back() / course.variance.front());
    if (i == 0) result.pictures = pictures_of(course);
  }
  const double infinity = std::numeric_limits<double>::infinity();
  result.measurements = {
      {.name = "gradient of log(1 - D(G(z))), last against largest, worst seed",
       .value = largest_of(minimax),
       .low = 0,
       .high = 0.01,
       .because = "it is D(G(z)) times that of the logit, and D(G(z)) goes to 0: two orders of magnitude at least"},
      {.name = "gradient of -log D(G(z)), last against first, worst seed",
       .value = -largest_of(non_saturating),
       .low = 1,
       .high = infinity,
       .because = "it is 1 - D(G(z)), which goes to 1, times that of the logit, which grows with D's confidence"},
      {.name = "variance of -log D(G(z))'s gradient, last against first, worst seed",
       .value = -largest_of(variance),
       .low = 1,
       .high = infinity,
       .because = "the logit's slope grows and its direction differs from point to point"}};
  return result;
}

}  // namespace

Experiment vanishing_gradient() {
  return {
      .name = "vanishing-gradient",
      .title = "Gradients that vanish, gradients that are noise",
      .chinese = "梯度消失",
      .summary =
          "as D is trained on, the minimax gradient of G vanishes; the non-saturating one stays, but becomes noise",
      .claim =
          "One would like D to be as good as possible before G moves. But the better D is, the flatter log(1 - "
          "D(G(z))) "
          "becomes: nothing is left to follow. -log D(G(z)) keeps its slope, at the price of a variance that grows.",
      .formula =
          "∇<sub>θ</sub> log(1 - D(G(z))) = -D(G(z)) ∇<sub>θ</sub> s, &nbsp; ∇<sub>θ</sub> (-log D(G(z))) = -(1 - "
          "D(G(z))) ∇<sub>θ</sub> s, &nbsp; D = sigmoid(s)",
      .setup =
          "Data on two parallel segments in the plane, x = ±3, a generator from one-dimensional noise: both lie on "
          "curves, so "
          "that "
          "a perfect D exists. Both play for 10 iterations, then G is held still and D goes on. Gradients with respect "
          "to "
          "all of G's weights, over 24 batches of 512.",
      .source = "Arjovsky &amp; Bottou 2017, theorems 2.4 and 2.6, figures 2 and 3",
      .run = run};
}

}  // namespace gan::theory
