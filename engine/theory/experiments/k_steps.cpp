// Algorithm 1's k: how near D stays to its optimum while G moves.
#include <cmath>
#include <limits>

#include "engine/data/point_sets.h"
#include "engine/data/points.h"
#include "engine/plot/svg.h"
#include "engine/theory/densities.h"
#include "engine/theory/experiments/experiments.h"

namespace gan::theory {

namespace {

constexpr Grid kGrid{-2.5, 4.5, 141};
constexpr int kSteps[] = {1, 2, 5, 10};
constexpr std::int64_t kEvery = 25;  ///< iterations between looks

/// A game with k D steps an iteration: what was seen at every look.
struct Course {
  std::vector<double> iteration, gap, divergence;
};

/// Mean |D - D*| under (p_data + p_g) / 2.
double gap_of(Lab& lab, const std::vector<double>& p_data, const std::vector<double>& p_g) {
  const std::vector<double> d = sigmoid(as_doubles(lab.judge(as_numbers(kGrid.places()))));
  std::vector<double> weighted = best_discriminator(p_data, p_g);
  for (std::size_t i = 0; i < d.size(); ++i) weighted[i] = std::abs(d[i] - weighted[i]) * (p_data[i] + p_g[i]) / 2;
  return kGrid.integrate(weighted);
}

Course play(int k, std::uint64_t seed, std::int64_t iterations, const std::vector<double>& p_data) {
  const OptimizerOptions adam{.learning_rate = 1e-3, .beta1 = 0.5};
  Lab lab({.objective = "minimax",
           .g_optimizer = adam,
           .d_optimizer = adam,
           .iteration = {.batch = 128, .d_steps = k, .seed = seed}},
          point_networks({}), make_points({.source = "gaussian-1d", .height = 1, .width = 1, .seed = seed}));
  Course course;
  for (std::int64_t done = kEvery; done <= iterations; done += kEvery) {
    lab.train(kEvery);
    const std::vector<double> p_g = density_of(kGrid, lab.draw(16384, seed));
    course.iteration.push_back(static_cast<double>(done));
    course.gap.push_back(gap_of(lab, p_data, p_g));
    course.divergence.push_back(jensen_shannon(kGrid, p_data, p_g));
  }
  return course;
}

void add(std::vector<double>& sum, const std::vector<double>& more, double share) {
  sum.resize(more.size());
  for (std::size_t i = 0; i < more.size(); ++i) sum[i] += share * more[i];
}

Course mean_course(int k, const Conditions& conditions, const std::vector<double>& p_data) {
  const int seeds = conditions.quick ? 2 : 5;
  const std::int64_t iterations = conditions.quick ? 500 : 1500;
  Course mean;
  for (int i = 0; i < seeds; ++i) {
    const Course course = play(k, conditions.seed + static_cast<std::uint64_t>(i), iterations, p_data);
    mean.iteration = course.iteration;
    add(mean.gap, course.gap, 1.0 / seeds);
    add(mean.divergence, course.divergence, 1.0 / seeds);
  }
  return mean;
}

Result run(const Conditions& conditions) {
  const GaussianMixture mixture = *point_mixture("gaussian-1d");
  const std::vector<double> p_data = kGrid.sample([&](double x) { return mixture.density({x, 0}); });
  plot::Panel gaps{
      .title = "how far D is from D*", .x = {.label = "iteration"}, .y = {.label = "mean |D - D*|", .low = 0}};
  plot::Panel divergences{.title = "what G makes of it",
                          .x = {.label = "iteration"},
                          .y = {.label = "JSD(p_data, p_g)", .unit = "nats", .scale = plot::Scale::Logarithmic}};
  Result result;
  double before = std::numeric_limits<double>::infinity(), first = 0;
  for (const int k : kSteps) {
    const Course course = mean_course(k, conditions, p_data);
    gaps.layers.push_back(plot::Line{.x = course.iteration, .y = course.gap, .label = "k = " + std::to_string(k)});
    divergences.layers.push_back(
        plot::Line{.x = course.iteration, .y = course.divergence, .label = "k = " + std::to_string(k)});
    const double gap = mean_of(course.gap);
    if (k == 1) first = gap;
    result.measurements.push_back(
        {.name = "mean |D - D*| over the game, k = " + std::to_string(k),
         .value = gap,
         .low = 0,
         .high = before,
         .because = k == 1 ? "what the others are compared with" : "more steps, nearer to D*: below the k before it"});
    before = gap;
  }
  result.measurements.push_back({.name = "k = 10 against k = 1",
                                 .value = before / first,
                                 .low = 0,
                                 .high = 0.75,
                                 .because = "ten times the steps for each move of G have to show clearly"});
  result.pictures = {
      {.name = "steps",
       .svg = plot::to_svg({.title = "Algorithm 1 with k steps of D",
                            .description = "Distance of D from the best discriminator, and divergence of G, over "
                                           "the iterations, for several k.",
                            .panels = {gaps, divergences},
                            .columns = 2}),
       .caption = "Means over all seeds. Left: D stays nearer to its optimum the more steps it gets. Right: what "
                  "the generator makes of it; a better D is not always a better teacher."}};
  return result;
}

}  // namespace

Experiment k_steps() {
  return {
      .name = "k-steps",
      .title = "k steps of D for each of G",
      .chinese = "算法 1 与 k",
      .summary = "the more steps D gets for each of G's, the nearer it stays to the best discriminator",
      .claim =
          "Training D to the end for every move of G would be slow, and on finite data it would overfit. Algorithm 1 "
          "gives it k steps instead: D then stays near its optimum as long as G changes slowly enough.",
      .formula = "for <i>k</i> steps: ascend <i>D</i>; &nbsp; then descend <i>G</i> once",
      .setup =
          "The one-dimensional game with the paper's minimax loss, batch 128, rate 0.001, for k = 1, 2, 5 and 10. "
          "Every "
          "25 iterations D is compared with p_data / (p_data + p_g), where p_g is a histogram of 16,384 points.",
      .source = "Goodfellow et al. 2014, algorithm 1 and section 4",
      .run = run};
}

}  // namespace gan::theory
