// Eight ways to play on two mixtures of Gaussians: which modes are found.
#include <algorithm>
#include <cmath>
#include <string>

#include "engine/data/point_sets.h"
#include "engine/data/points.h"
#include "engine/plot/svg.h"
#include "engine/theory/densities.h"
#include "engine/theory/experiments/experiments.h"
#include "engine/theory/in_parallel.h"

namespace gan::theory {

namespace {

constexpr const char* kSets[] = {"ring8", "grid25"};
constexpr std::int64_t kSamples = 4096, kShown = 250;
constexpr std::size_t kFrames = 10;

/// One way to play.
struct Method {
  const char* label;
  const char* objective;
  double learning_rate = 1e-3, beta1 = 0.5, beta2 = 0.99;
  const char* optimizer = "adam";
  int d_steps = 1;
  float r1 = 0, r2 = 0;
};

constexpr Method kMethods[] = {
    {.label = "minimax", .objective = "minimax"},
    {.label = "non-saturating", .objective = "non-saturating"},
    {.label = "least squares", .objective = "least-squares"},
    {.label = "hinge", .objective = "hinge"},
    {.label = "non-saturating, R1", .objective = "non-saturating", .beta1 = 0, .r1 = 0.1f},
    {.label = "relativistic, R1, R2", .objective = "relativistic", .beta1 = 0, .r1 = 0.1f, .r2 = 0.1f},
    {.label = "WGAN, clipped", .objective = "wgan", .learning_rate = 2e-4, .optimizer = "rmsprop", .d_steps = 5},
    {.label = "WGAN-GP", .objective = "wgan-gp", .learning_rate = 2e-3, .beta1 = 0, .beta2 = 0.9, .d_steps = 5},
};
constexpr std::size_t kMethodCount = std::size(kMethods), kWganGp = kMethodCount - 1;

/// What a game has found of the modes.
struct Found {
  double modes = 0;       ///< with at least a tenth of their even share of samples within 3 deviations
  double quality = 0;     ///< share of all samples within 3 deviations of a mode
  double divergence = 0;  ///< KL(shares of the modes || even shares), of the samples that count for quality
};

Found found_in(const Numbers& samples, const GaussianMixture& mixture) {
  std::vector<double> counts(mixture.centres.size());
  const double reach = 3 * mixture.deviation;
  for (std::size_t i = 0; i < samples.size(); i += 2)
    for (std::size_t mode = 0; mode < counts.size(); ++mode)
      if (std::hypot(samples[i] - mixture.centres[mode][0], samples[i + 1] - mixture.centres[mode][1]) <= reach)
        ++counts[mode];
  const double modes = static_cast<double>(counts.size()), total = static_cast<double>(samples.size()) / 2;
  double good = 0;
  for (const double count : counts) good += count;
  Found found{.quality = good / total, .divergence = good > 0 ? 0 : std::log(modes)};
  for (const double count : counts) {
    if (count >= 0.1 * total / modes) ++found.modes;
    if (count > 0) found.divergence += count / good * std::log(count / good * modes);
  }
  return found;
}

struct Game {
  Found end;
  std::vector<Numbers> frames;  ///< samples from time to time, the start first
};

Game play(const Method& method, const std::string& set, std::uint64_t seed, std::int64_t iterations) {
  const OptimizerOptions optimizer{.name = method.optimizer,
                                   .learning_rate = method.learning_rate,
                                   .beta1 = method.beta1,
                                   .beta2 = method.beta2,
                                   .schedule = learning_rate_schedule("linear", iterations)};
  LabOptions options{.objective = method.objective,
                     .g_optimizer = optimizer,
                     .d_optimizer = optimizer,
                     .iteration = {.batch = 256,
                                   .d_steps = method.d_steps,
                                   .seed = seed,
                                   .weight_clip = 0.05f,
                                   .r1 = method.r1,
                                   .r2 = method.r2},
                     .average = 0.99};
  options.iteration.penalty.weight = 0.1f;
  Lab lab(options,
          point_networks({.dimension = 2,
                          .latent = 2,
                          .g_hidden = {128, 128, 128},
                          .d_hidden = {128, 128, 128},
                          .activation = ActivationKind::Relu}),
          make_points({.source = set, .height = 1, .width = 1, .seed = seed}));
  Game game;
  game.frames.push_back(lab.draw(kShown, seed));
  for (std::size_t frame = 1; frame <= kFrames; ++frame) {
    lab.train(iterations / static_cast<std::int64_t>(kFrames));
    game.frames.push_back(lab.draw(kShown, seed));
  }
  game.end = found_in(lab.draw(kSamples, seed + 77), *point_mixture(set));
  return game;
}

plot::Panel scatter_panel(const Method& method, const Numbers& samples, const GaussianMixture& mixture) {
  constexpr double kReach = 2.6;
  plot::Scatter centres{.colour = plot::Colour::Grey, .size = 6}, points{.colour = plot::Colour::Blue, .size = 2.5};
  for (const Point& centre : mixture.centres) {
    centres.x.push_back(centre[0]);
    centres.y.push_back(centre[1]);
  }
  for (std::size_t i = 0; i < samples.size(); i += 2) {
    points.x.push_back(samples[i]);
    points.y.push_back(samples[i + 1]);
  }
  return {.title = method.label,
          .x = {.low = -kReach, .high = kReach, .ticks = false},
          .y = {.low = -kReach, .high = kReach, .ticks = false},
          .layers = {centres, points},
          .legend = false};
}

Picture animation(const std::string& set, const std::vector<const Game*>& games) {
  std::vector<plot::Figure> frames;
  for (std::size_t frame = 0; frame <= kFrames; ++frame) {
    plot::Figure figure{.title = set + ", after " + std::to_string(100 * frame / kFrames) + " % of the iterations",
                        .description = "Samples of eight generators over the centres of the modes.",
                        .columns = 4,
                        .plot_width = 170,
                        .plot_height = 170};
    for (std::size_t m = 0; m < kMethodCount; ++m)
      figure.panels.push_back(scatter_panel(kMethods[m], games[m]->frames[frame], *point_mixture(set)));
    frames.push_back(std::move(figure));
  }
  return {
      .name = set,
      .svg = plot::animated_svg(frames, 0.7),
      .caption =
          "Samples (blue) over the modes (grey), from the first iteration to the last, first seed. A generator that "
          "has found few modes hops from one to the next, or sits."};
}

/// Mean over seeds of a number of each method.
plot::Panel bars(const std::string& title, const std::string& label, const std::vector<std::vector<Found>>& found,
                 double Found::*number) {
  std::vector<double> means;
  for (const std::vector<Found>& seeds : found) {
    means.push_back(0);
    for (const Found& f : seeds) means.back() += f.*number / static_cast<double>(seeds.size());
  }
  plot::Axis methods;
  for (const Method& method : kMethods) methods.categories.emplace_back(method.label);
  plot::Bars horizontal = plot::category_bars(means);
  horizontal.direction = plot::Direction::Horizontal;
  return {.title = title, .x = {.label = label, .low = 0}, .y = methods, .layers = {horizontal}, .legend = false};
}

Result run(const Conditions& conditions) {
  const std::size_t seeds = conditions.quick ? 1 : 5;
  Result result;
  plot::Figure summary{.title = "What was found",
                       .description = "Modes, quality and divergence of eight methods on two sets of points.",
                       .columns = 3,
                       .plot_width = 200,
                       .plot_height = 200};
  for (const char* set : kSets) {
    if (conditions.quick && set != kSets[0]) break;
    // The grid takes longer: more modes, and nearer to each other.
    const std::int64_t iterations = set == kSets[0] ? 2000 : 4000;
    const std::vector<Game> games = all_of(kMethodCount * seeds, [&](std::size_t i) {
      return play(kMethods[i / seeds], set, conditions.seed + i % seeds, iterations);
    });
    std::vector<std::vector<Found>> found(kMethodCount);
    std::vector<const Game*> first;
    for (std::size_t i = 0; i < games.size(); ++i) {
      found[i / seeds].push_back(games[i].end);
      if (i % seeds == 0) first.push_back(&games[i]);
    }
    const double modes = static_cast<double>(point_mixture(set)->centres.size());
    summary.panels.push_back(
        bars(set, "modes found, of " + std::to_string(static_cast<int>(modes)), found, &Found::modes));
    summary.panels.push_back(bars("", "share within 3 deviations", found, &Found::quality));
    summary.panels.push_back(bars("", "KL(found || even)", found, &Found::divergence));
    double fewest = modes, worst = 1;
    for (const Found& f : found[kWganGp]) {
      fewest = std::min(fewest, f.modes);
      worst = std::min(worst, f.quality);
    }
    result.measurements.push_back({.name = std::string(set) + ": modes that WGAN-GP finds, worst seed",
                                   .value = fewest,
                                   .low = modes,
                                   .high = modes,
                                   .because = "its critic's slope leads to every mode that is missing"});
    result.measurements.push_back(
        {.name = std::string(set) + ": share of WGAN-GP's samples within 3 deviations, worst seed",
         .value = worst,
         .low = 0.9,
         .high = 1,
         .because = "of the data 98.9 % lie there; a connected latent space has to bridge the modes"});
    result.pictures.push_back(animation(set, first));
  }
  result.pictures.push_back(
      {.name = "summary",
       .svg = plot::to_svg(summary),
       .caption = "Means over five seeds: modes with at least a tenth of their share, the share of samples near "
                  "a mode, and how unevenly the modes are served."});
  return result;
}

}  // namespace

Experiment mode_collapse() {
  return {
      .name = "mode-collapse",
      .title = "Modes that are found, and modes that are lost",
      .chinese = "模式坍塌",
      .summary = "eight ways to play on 8 and 25 Gaussians: which modes are found; WGAN-GP finds all of them",
      .claim =
          "A generator that draws one mode well may fool a discriminator for a while; when that one catches up, it "
          "goes to "
          "another one: it never has to draw all of them at once. Losses whose discriminator keeps a slope everywhere "
          "(the Wasserstein critic, zero-centred penalties) show it every mode that it lacks.",
      .formula =
          "KL(found || even) = Σ<sub>m</sub> p<sub>m</sub> log(p<sub>m</sub> M), &nbsp; p<sub>m</sub> the share of "
          "samples within 3 deviations of mode <i>m</i>",
      .setup =
          "Eight Gaussians on a circle, 25 on a grid, deviation 0.1. Three hidden layers of 128 in both networks, "
          "batch "
          "256, 2,000 iterations (the grid: 4,000) with a rate that falls to zero, the generator's running average is "
          "judged; 4,096 "
          "samples, "
          "five seeds each. WGAN-GP with lambda 0.1, as its authors use for such sets.",
      .source = "Metz et al. 2017; Srivastava et al. 2017; Gulrajani et al. 2017",
      .run = run};
}

}  // namespace gan::theory
