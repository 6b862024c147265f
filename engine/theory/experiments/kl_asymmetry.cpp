// Which Gaussian is nearest to a mixture of two: it depends on what "near" means.
#include <cmath>
#include <functional>
#include <limits>

#include "engine/plot/svg.h"
#include "engine/theory/densities.h"
#include "engine/theory/experiments/experiments.h"

namespace gan::theory {

namespace {

constexpr Grid kGrid{-8, 8, 801};
/// p: two Gaussians of one deviation at +-kMode, the right one with the greater share.
constexpr double kMode = 1.5, kDeviation = 0.5, kShare = 0.7;

/// N(mean, deviation^2), and how far it is from the mixture.
struct Fit {
  double mean = 0, deviation = 1, divergence = 0;
};

using Divergence = std::function<double(const std::vector<double>& q)>;

std::vector<double> gaussian(double mean, double deviation) {
  return kGrid.sample([=](double x) { return normal_density(x, mean, deviation); });
}

std::vector<double> q_of(const Fit& fit) { return gaussian(fit.mean, fit.deviation); }

/// The nearest Gaussian: the best of a coarse grid, then of ever finer ones around the best so far.
Fit nearest(const Divergence& divergence) {
  constexpr int kSteps = 10;
  Fit best{.divergence = std::numeric_limits<double>::infinity()};
  double mean_reach = 3, log_reach = 1.5, mean = 0, log_deviation = 0;
  for (int round = 0; round < 24; ++round) {
    for (int i = -kSteps; i <= kSteps; ++i)
      for (int j = -kSteps; j <= kSteps; ++j) {
        const Fit tried{.mean = mean + mean_reach * i / kSteps,
                        .deviation = std::exp(log_deviation + log_reach * j / kSteps)};
        const double value = divergence(gaussian(tried.mean, tried.deviation));
        if (value < best.divergence) best = {tried.mean, tried.deviation, value};
      }
    mean = best.mean;
    log_deviation = std::log(best.deviation);
    mean_reach *= 0.6;
    log_reach *= 0.6;
  }
  return best;
}

Result run(const Conditions&) {
  const std::vector<double> p = kGrid.sample([](double x) {
    return (1 - kShare) * normal_density(x, -kMode, kDeviation) + kShare * normal_density(x, kMode, kDeviation);
  });
  const Fit covering = nearest([&](const std::vector<double>& q) { return kullback_leibler(kGrid, p, q); });
  const Fit seeking = nearest([&](const std::vector<double>& q) { return kullback_leibler(kGrid, q, p); });
  const Fit between = nearest([&](const std::vector<double>& q) { return jensen_shannon(kGrid, p, q); });
  const double middle = (2 * kShare - 1) * kMode;
  const double spread = std::sqrt(kMode * kMode + kDeviation * kDeviation - middle * middle);
  const std::vector<double> x = kGrid.places();
  const plot::Panel panel{
      .x = {.label = "x", .low = -6, .high = 6},
      .y = {.label = "density", .low = 0},
      .layers = {
          plot::Line{.x = x, .y = p, .label = "p", .colour = plot::Colour::Grey, .dash = plot::Dash::Solid, .width = 3},
          plot::Line{.x = x, .y = q_of(covering), .label = "nearest by KL(p || q)"},
          plot::Line{.x = x, .y = q_of(seeking), .label = "by KL(q || p)"},
          plot::Line{.x = x, .y = q_of(between), .label = "by JSD"}}};
  return {
      .measurements =
          {{.name = "KL(p || q): deviation of q",
            .value = covering.deviation,
            .low = spread - 0.01,
            .high = spread + 0.01,
            .because = "its optimum has p's own mean and variance: sqrt(1.5^2 + 0.5^2 - 0.6^2)"},
           {.name = "KL(p || q): mean of q",
            .value = covering.mean,
            .low = middle - 0.01,
            .high = middle + 0.01,
            .because = "as above: 0.7 * 1.5 - 0.3 * 1.5"},
           {.name = "KL(q || p): mean of q",
            .value = seeking.mean,
            .low = kMode - 0.02,
            .high = kMode + 0.02,
            .because = "the greater mode by itself: the other one's density there is e^-18 of its own"},
           {.name = "KL(q || p): deviation of q",
            .value = seeking.deviation,
            .low = kDeviation - 0.01,
            .high = kDeviation + 0.01,
            .because = "as above: 0.5"},
           {.name = "KL(q || p) at its least",
            .value = seeking.divergence,
            .low = -std::log(kShare) - 0.01,
            .high = -std::log(kShare),
            .because = "-log 0.7 at the mode itself, where q is p / 0.7; the optimum is not above"},
           {.name = "KL(p || q) of JSD's q",
            .value = kullback_leibler(kGrid, p, q_of(between)),
            .low = covering.divergence,
            .high = kullback_leibler(kGrid, p, q_of(seeking)),
            .because = "JSD lies between: it misses less of p than the seeking q, and no less than the covering one"},
           {.name = "KL(q || p) of JSD's q",
            .value = kullback_leibler(kGrid, q_of(between), p),
            .low = seeking.divergence,
            .high = kullback_leibler(kGrid, q_of(covering), p),
            .because = "and it draws less between the modes than the covering q, and no less than the seeking one"}},
      .pictures = {
          {.name = "gaussians",
           .svg = plot::to_svg({.title = "The nearest Gaussian, three times",
                                .description = "A mixture of two Gaussians, and the single ones nearest to it.",
                                .panels = {panel},
                                .plot_width = 520,
                                .plot_height = 280}),
           .caption = "KL(p || q) is infinite where p is and q is not: q covers everything, the valley too. KL(q || p) "
                      "is infinite where q is and p is not: q seeks one mode and forgets the other."}}};
}

}  // namespace

Experiment kl_asymmetry() {
  return {
      .name = "kl-asymmetry",
      .title = "Covering and seeking",
      .chinese = "KL 散度的不对称性与模式坍塌",
      .summary = "the Gaussian nearest to two: KL(p || q) covers both, KL(q || p) seeks one, JSD lies between",
      .claim =
          "A divergence that punishes samples where there is no data more than data where there are no samples makes a "
          "generator that would rather draw one kind of thing well than all kinds badly: the series' first argument "
          "for "
          "mode collapse.",
      .formula = "KL(p || q) = ∫ p log(p / q) dx",
      .setup =
          "p is 0.7 N(1.5, 0.5<sup>2</sup>) + 0.3 N(-1.5, 0.5<sup>2</sup>); mean and deviation of q are searched for, "
          "divergences by "
          "quadrature on 801 points. Nothing is trained.",
      .source = "Goodfellow 2016 (tutorial), figure 14; Arjovsky &amp; Bottou 2017, section 2.2",
      .run = run};
}

}  // namespace gan::theory
