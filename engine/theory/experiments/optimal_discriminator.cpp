// Proposition 1 and theorem 1 of the 2014 paper, with both distributions held still.
#include <cmath>
#include <numbers>

#include "engine/plot/svg.h"
#include "engine/theory/densities.h"
#include "engine/theory/experiments/experiments.h"

namespace gan::theory {

namespace {

constexpr double kDataMean = 1, kDataDeviation = 0.5, kGeneratedMean = 0, kGeneratedDeviation = 1;
constexpr Grid kGrid{-5, 5, 1001};

/// `count` points from N(mean, deviation^2).
Dataset normal_points(std::int64_t count, double mean, double deviation, std::uint64_t seed) {
  Numbers points = normal_latents(count, 1, seed);
  for (float& point : points) point = static_cast<float>(mean + deviation * point);
  return dataset_of_points(points, 1);
}

/// D's logits on the grid, after training to convergence.
std::vector<double> trained_logits(std::uint64_t seed, std::int64_t iterations) {
  constexpr std::int64_t kPoints = 65536;
  LabOptions options{.objective = "minimax", .iteration = {.batch = 512, .seed = seed}};
  options.d_optimizer = {.learning_rate = 4e-3, .beta1 = 0.9, .schedule = learning_rate_schedule("linear", iterations)};
  Lab lab(options, point_networks({}), normal_points(kPoints, kDataMean, kDataDeviation, 2 * seed),
          normal_points(kPoints, kGeneratedMean, kGeneratedDeviation, 2 * seed + 1));
  lab.train_discriminator(iterations);
  return as_doubles(lab.judge(as_numbers(kGrid.places())));
}

Result run(const Conditions& conditions) {
  const std::int64_t iterations = conditions.quick ? 1000 : 4000;
  const int seeds = conditions.quick ? 1 : 3;
  const std::vector<double> p_data =
      kGrid.sample([](double x) { return normal_density(x, kDataMean, kDataDeviation); });
  const std::vector<double> p_g =
      kGrid.sample([](double x) { return normal_density(x, kGeneratedMean, kGeneratedDeviation); });
  const std::vector<double> best = best_discriminator(p_data, p_g);
  const double closed_form = -std::log(4.0) + 2 * jensen_shannon(kGrid, p_data, p_g);

  std::vector<double> distances, values, shown;
  for (int i = 0; i < seeds; ++i) {
    const std::vector<double> logits = trained_logits(conditions.seed + static_cast<std::uint64_t>(i), iterations);
    const std::vector<double> d = sigmoid(logits);
    std::vector<double> weighted(d.size());
    for (std::size_t at = 0; at < d.size(); ++at)
      weighted[at] = std::abs(d[at] - best[at]) * (p_data[at] + p_g[at]) / 2;
    distances.push_back(kGrid.integrate(weighted));
    values.push_back(game_value(kGrid, p_data, p_g, logits));
    if (i == 0) shown = d;
  }
  const std::vector<double> x = kGrid.places();
  const plot::Figure figure{
      .title = "A trained discriminator and the best one",
      .description = "Two densities, and the discriminator that was trained on their samples beside the closed form.",
      .panels = {{.title = "densities",
                  .x = {.label = "x", .low = -4, .high = 4},
                  .y = {.label = "density", .low = 0},
                  .layers = {plot::Line{.x = x, .y = p_data, .label = "p_data"},
                             plot::Line{.x = x, .y = p_g, .label = "p_g"}}},
                 {.title = "discriminators",
                  .x = {.label = "x", .low = -4, .high = 4},
                  .y = {.label = "D(x)", .low = 0, .high = 1},
                  .layers = {plot::Line{.x = x, .y = best, .label = "D* = p_data / (p_data + p_g)"},
                             plot::Line{.x = x, .y = shown, .label = "trained D"}}}},
      .columns = 2};
  return {
      .measurements = {{.name = "mean |D - D*| under (p_data + p_g) / 2, worst seed",
                        .value = largest_of(distances),
                        .low = 0,
                        .high = 0.02,
                        .because = "zero for the best D; 512 samples a step leave noise of about 0.01 in D"},
                       {.name = "V(D, G), worst seed",
                        .value = *std::min_element(values.begin(), values.end()),
                        .low = closed_form - 0.02,
                        .high = closed_form + 1e-6,
                        .because = "-log 4 + 2 JSD(p_data, p_g) by quadrature, which no D exceeds"}},
      .pictures = {{.name = "discriminator",
                    .svg = plot::to_svg(figure),
                    .caption = "Left the two densities, right what D has learned from samples of them. Where neither "
                               "density has any mass nothing tells D what to answer."}}};
}

}  // namespace

Experiment optimal_discriminator() {
  return {
      .name = "optimal-discriminator",
      .title = "The best discriminator",
      .chinese = "最优判别器",
      .summary = "a discriminator trained against a fixed generator becomes p_data / (p_data + p_g)",
      .claim =
          "For a fixed generator the discriminator that wins the game is known in closed form: at every point it "
          "answers with the share of the data among everything that falls there. Put into the game's value this "
          "gives <i>-log 4</i> plus twice the Jensen-Shannon divergence of both distributions: what the generator "
          "minimises is a distance between distributions.",
      .formula =
          "<i>D</i>*(<i>x</i>) = <i>p</i><sub>data</sub>(<i>x</i>) / (<i>p</i><sub>data</sub>(<i>x</i>) + "
          "<i>p</i><sub>g</sub>(<i>x</i>)), &nbsp; <i>V</i>(<i>D</i>*, <i>G</i>) = -log 4 + 2 "
          "JSD(<i>p</i><sub>data</sub>, <i>p</i><sub>g</sub>)",
      .setup =
          "Data from N(1, 0.5<sup>2</sup>), generated points from N(0, 1), 65,536 of each. D has two hidden layers of "
          "64 and is trained with the game's own loss (Adam, batch 512, 4,000 steps, a rate that falls to zero). D "
          "and V are then compared with the closed forms by quadrature.",
      .source = "Goodfellow et al. 2014, proposition 1 and theorem 1",
      .run = run};
}

}  // namespace gan::theory
