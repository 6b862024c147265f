// Two supports that do not meet: what a divergence sees of their distance, and what a transport distance does.
#include <cmath>
#include <cstring>
#include <numbers>

#include "engine/plot/svg.h"
#include "engine/theory/densities.h"
#include "engine/theory/experiments/experiments.h"
#include "kernels/random/distributions.h"

namespace gan::theory {

namespace {

constexpr double kDistances[] = {0.25, 0.5, 1, 1.5, 2};
constexpr float kLambda = 100;
constexpr std::int64_t kPoints = 8192;

/// Points (x, v) with v ~ U[0, 1).
Dataset line_at(double x, std::uint64_t seed) {
  Numbers points;
  for (std::int64_t block = 0; block < kPoints / kElementsPerPhiloxBlock; ++block) {
    float uniforms[kElementsPerPhiloxBlock];
    uniforms_from_block(stream_words(seed, /*stream=*/1, 0, static_cast<std::uint32_t>(block)), uniform_range(0, 1),
                        uniforms);
    for (const float v : uniforms) points.insert(points.end(), {static_cast<float>(x), v});
  }
  return dataset_of_points(points, 2);
}

Numbers points_of(const Dataset& data) {
  Numbers points(data.pixels.size() / sizeof(float));
  std::memcpy(points.data(), data.pixels.data(), data.pixels.size());
  return points;
}

/// What a trained D, or critic, says of the two lines.
struct Verdict {
  std::vector<double> real, fake;
};

Verdict trained(const std::string& objective, double distance, std::uint64_t seed, std::int64_t iterations) {
  const Dataset real = line_at(0, 2 * seed), fake = line_at(distance, 2 * seed + 1);
  LabOptions options{.objective = objective, .iteration = {.batch = 128, .seed = seed}};
  options.iteration.penalty.weight = kLambda;
  options.d_optimizer = {
      .learning_rate = 2e-3, .beta1 = 0.5, .beta2 = 0.99, .schedule = learning_rate_schedule("linear", iterations)};
  Lab lab(options, point_networks({.dimension = 2}), real, fake);
  lab.train_discriminator(iterations);
  return {as_doubles(lab.judge(points_of(real))), as_doubles(lab.judge(points_of(fake)))};
}

/// (V(D) + log 4) / 2: what a trained D knows of the Jensen-Shannon divergence, never more than there is.
double divergence_of(const Verdict& verdict) {
  const auto log_sigmoid = [](double v) { return std::min(v, 0.0) - std::log1p(std::exp(-std::abs(v))); };
  double real = 0, fake = 0;
  for (const double v : verdict.real) real += log_sigmoid(v);
  for (const double v : verdict.fake) fake += log_sigmoid(-v);
  return (real / static_cast<double>(verdict.real.size()) + fake / static_cast<double>(verdict.fake.size()) +
          std::log(4.0)) /
         2;
}

Result run(const Conditions& conditions) {
  const std::int64_t iterations = conditions.quick ? 600 : 2000;
  const int seeds = conditions.quick ? 1 : 3;
  std::vector<double> distances, divergences, estimates, divergence_errors, estimate_errors;
  for (const double distance : kDistances) {
    std::vector<double> divergence, estimate;
    for (int i = 0; i < seeds; ++i) {
      const std::uint64_t seed = conditions.seed + static_cast<std::uint64_t>(i);
      divergence.push_back(divergence_of(trained("minimax", distance, seed, iterations)));
      const Verdict critic = trained("wgan-gp", distance, seed, iterations);
      estimate.push_back(std::abs(mean_of(critic.real) - mean_of(critic.fake)));
      divergence_errors.push_back(std::abs(divergence.back() / std::numbers::ln2 - 1));
      estimate_errors.push_back(std::abs(estimate.back() / distance - 1));
    }
    distances.push_back(distance);
    divergences.push_back(mean_of(divergence));
    estimates.push_back(mean_of(estimate));
  }
  plot::Panel panel{
      .x = {.label = "distance t of the lines", .low = 0},
      .y = {.label = "distance of the distributions", .low = 0},
      .layers = {
          plot::Line{
              .x = {0, 2}, .y = {0, 2}, .label = "W = |t|", .colour = plot::Colour::Grey, .dash = plot::Dash::Solid},
          plot::Line{.x = {0, 2},
                     .y = {std::numbers::ln2, std::numbers::ln2},
                     .label = "JSD = log 2",
                     .colour = plot::Colour::Grey,
                     .dash = plot::Dash::Dashed},
          plot::Line{.x = distances, .y = estimates, .label = "critic's estimate", .marker = plot::Marker::Dot},
          plot::Line{.x = distances, .y = divergences, .label = "(V(D) + log 4) / 2", .marker = plot::Marker::Square}}};
  return {
      .measurements =
          {{.name = "JSD from D against log 2, largest relative error",
            .value = largest_of(divergence_errors),
            .low = 0,
            .high = 0.05,
            .because = "the supports do not meet: JSD is log 2 for every t > 0, and D can come as near as it likes"},
           {.name = "Wasserstein estimate against |t|, largest relative error",
            .value = largest_of(estimate_errors),
            .low = 0,
            .high = 0.05,
            .because = "W = |t|; the penalty's own optimum has slope 1 + t / (2 lambda), at most 1.01 here"}},
      .pictures = {
          {.name = "distances",
           .svg = plot::to_svg(
               {.title = "Two parallel lines",
                .description = "Jensen-Shannon divergence and Wasserstein distance over the distance of two lines.",
                .panels = {panel},
                .plot_width = 480,
                .plot_height = 300}),
           .caption =
               "However near the lines come, D's divergence stays at log 2 and says nothing about the way to go; "
               "the critic's estimate falls with the distance."}}};
}

}  // namespace

Experiment parallel_lines() {
  return {
      .name = "parallel-lines",
      .title = "Two lines that do not meet",
      .chinese = "两条平行线：JS 散度与 Wasserstein 距离",
      .summary = "for two parallel lines JSD is log 2 at any distance t > 0, the Wasserstein distance is |t|",
      .claim =
          "Distributions on lines, or on the thin sheets that images lie on, rarely overlap. Then the Jensen-Shannon "
          "divergence is constant, and its gradient zero: a perfect D teaches nothing. The Wasserstein distance still "
          "tells how far there is to go.",
      .formula =
          "JSD(P<sub>0</sub>, P<sub>t</sub>) = log 2, &nbsp; W(P<sub>0</sub>, P<sub>t</sub>) = |t|, &nbsp; t ≠ 0",
      .setup =
          "Points (0, v) against (t, v), v uniform on [0, 1), for five t. A discriminator with the 2014 loss and a "
          "critic "
          "with gradient penalty (lambda 100: the penalised optimum overshoots by t / (2 lambda)) are trained for "
          "2,000 "
          "steps each.",
      .source = "Arjovsky, Chintala &amp; Bottou 2017, example 1",
      .run = run};
}

}  // namespace gan::theory
