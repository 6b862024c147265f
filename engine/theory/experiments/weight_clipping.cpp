// What clipping does to a critic: its weights, its depth, its surface.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "engine/data/points.h"
#include "engine/plot/svg.h"
#include "engine/theory/densities.h"
#include "engine/theory/experiments/experiments.h"
#include "engine/theory/in_parallel.h"

namespace gan::theory {

namespace {

constexpr double kClips[] = {0.1, 0.01, 0.001};

/// How a critic is kept in bounds: by clipping, or (0) by the gradient penalty.
LabOptions critic_options(double clip, std::uint64_t seed) {
  LabOptions options{.objective = clip > 0 ? "wgan" : "wgan-gp", .iteration = {.batch = 256, .seed = seed}};
  options.iteration.weight_clip = static_cast<float>(clip);
  if (clip > 0) options.d_optimizer = {.name = "rmsprop", .learning_rate = clip / 20, .beta2 = 0.99};
  else options.d_optimizer = {.learning_rate = 1e-3, .beta1 = 0, .beta2 = 0.9};
  return options;
}

Dataset real_points(const std::string& name, std::uint64_t seed) {
  return make_points({.source = name, .height = 1, .width = 1, .seed = seed});
}

/// The data with N(0, I) noise: what stands for a generator, as in the paper.
Dataset noisy(Dataset data, std::uint64_t seed) {
  const Numbers noise = normal_latents(data.count, 2, seed + 1000);
  for (std::size_t i = 0; i < noise.size(); ++i) {
    float value = 0;
    std::memcpy(&value, data.pixels.data() + i * sizeof(float), sizeof(float));
    value += noise[i];
    std::memcpy(data.pixels.data() + i * sizeof(float), &value, sizeof(float));
  }
  return data;
}

/// Clipped critics start inside their bounds: what lies at the bounds later was driven there.
std::unique_ptr<Lab> trained_critic(double clip, const std::string& data, const std::vector<std::int64_t>& hidden,
                                    std::uint64_t seed, std::int64_t iterations) {
  PointNetworkOptions networks{.dimension = 2, .latent = 2, .g_hidden = {1}, .d_hidden = hidden};
  networks.activation = ActivationKind::Relu;
  networks.start_within = static_cast<float>(clip);
  auto lab = std::make_unique<Lab>(critic_options(clip, seed), point_networks(networks), real_points(data, seed),
                                   noisy(real_points(data, seed), seed));
  lab->train_discriminator(iterations);
  return lab;
}

/// The share of a critic's parameters at +-clip.
double share_at_bound(const std::vector<double>& weights, double clip) {
  const auto at_bound = [&](double w) { return std::abs(w) >= 0.999 * clip; };
  return static_cast<double>(std::count_if(weights.begin(), weights.end(), at_bound)) /
         static_cast<double>(weights.size());
}

/// The critic's values over the plane around a data set.
plot::Panel surface(const std::string& title, const std::string& data, double clip, const Conditions& conditions) {
  constexpr double kReach = 3;
  constexpr std::size_t kCells = 48;
  const std::unique_ptr<Lab> lab =
      trained_critic(clip, data, {128, 128, 128}, conditions.seed, conditions.quick ? 200 : 1500);
  Numbers places;
  const plot::Grid grid = plot::sample_grid(-kReach, kReach, -kReach, kReach, kCells, kCells, [&](double x, double y) {
    places.insert(places.end(), {static_cast<float>(x), static_cast<float>(y)});
    return 0.0;
  });
  plot::Grid values = grid;
  values.values = as_doubles(lab->judge(places));
  // Contours at tenths of the values' order: levels of the two critics cannot be compared, their shapes can.
  std::vector<double> sorted = values.values, levels;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 1; i < 10; ++i) levels.push_back(sorted[i * sorted.size() / 10]);
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  plot::Scatter points{.size = 1.5, .opacity = 0.5};
  const Dataset real = real_points(data, conditions.seed);
  for (std::size_t i = 0; i < 400; ++i) {
    float point[2];
    std::memcpy(point, real.pixels.data() + i * sizeof(point), sizeof(point));
    points.x.push_back(point[0]);
    points.y.push_back(point[1]);
  }
  points.colour = plot::Colour::Vermillion;
  return {.title = title,
          .x = {.low = -kReach, .high = kReach, .ticks = false},
          .y = {.low = -kReach, .high = kReach, .ticks = false},
          .layers = {plot::HeatMap{.grid = values, .colour_bar = false},
                     plot::Contours{.grid = values, .levels = levels}, points},
          .legend = false};
}

/// A deep critic under one regime.
struct DeepCritic {
  std::string label;
  std::vector<double>
      signals;  ///< norm of the gradient with respect to each hidden layer's output, over the last one's
};

DeepCritic deep_critic(double clip, std::uint64_t seed, std::int64_t iterations) {
  constexpr std::size_t kLayers = 12;
  const std::unique_ptr<Lab> lab =
      trained_critic(clip, "swiss-roll", std::vector<std::int64_t>(kLayers, 64), seed, iterations);
  const Dataset real = real_points("swiss-roll", seed);
  Numbers points(2 * Lab::kQuery);
  std::memcpy(points.data(), real.pixels.data(), points.size() * sizeof(float));
  DeepCritic critic{.label = clip > 0 ? "clipped at " + std::to_string(clip).substr(0, clip < 0.01  ? 5
                                                                                       : clip < 0.1 ? 4
                                                                                                    : 3)
                                      : "gradient penalty"};
  const std::vector<double> all = lab->signal_norms(points);
  // A hidden layer is a product and a ReLU: the outputs of the ReLUs, behind the reshape that the critic begins with.
  for (std::size_t node = 2; node < 1 + 2 * kLayers; node += 2) critic.signals.push_back(all[node]);
  return critic;
}

/// How much the gradient grows or shrinks from the last hidden layer to the first.
double growth(const DeepCritic& critic) { return critic.signals.front() / critic.signals.back(); }

Picture depth_picture(const std::vector<DeepCritic>& critics) {
  plot::Panel panel{.x = {.label = "hidden layer"},
                    .y = {.label = "|gradient|, last layer = 1", .scale = plot::Scale::Logarithmic}};
  for (const DeepCritic& critic : critics) {
    plot::Line line{.label = critic.label, .marker = plot::Marker::Dot};
    for (std::size_t i = 0; i < critic.signals.size(); ++i) {
      line.x.push_back(static_cast<double>(i + 1));
      line.y.push_back(critic.signals[i] / critic.signals.back());
    }
    panel.layers.push_back(line);
  }
  return {.name = "depth",
          .svg = plot::to_svg({.title = "Gradients through twelve layers",
                               .description = "Gradient norms by layer.",
                               .panels = {panel},
                               .plot_width = 480}),
          .caption =
              "From the critic's end (right) to its beginning: clipped critics let the gradient vanish or explode by a "
              "constant "
              "factor a layer, the penalised one keeps it."};
}

/// The parameters of a critic with three hidden layers, after `iterations` on the Swiss roll.
std::vector<double> shallow_weights(double clip, std::uint64_t seed, std::int64_t iterations) {
  return as_doubles(trained_critic(clip, "swiss-roll", {128, 128, 128}, seed, iterations)->critic_parameters());
}

Picture weights_picture(const std::vector<double>& clipped, const std::vector<double>& penalised, double clip) {
  const plot::Axis weight{.label = "weight"}, density{.label = "density", .low = 0};
  return {.name = "weights",
          .svg = plot::to_svg({.title = "Where a critic's weights go",
                               .description = "Histograms of weights under clipping and under the penalty.",
                               .panels = {{.title = "clipped at 0.01",
                                           .x = weight,
                                           .y = density,
                                           .layers = {plot::histogram(clipped, -1.05 * clip, 1.05 * clip, 42)}},
                                          {.title = "gradient penalty",
                                           .x = weight,
                                           .y = density,
                                           .layers = {plot::histogram(penalised, -0.5, 0.5, 50)}}},
                               .columns = 2}),
          .caption = "All clipped weights started between the bounds, evenly; training drives them to both."};
}

/// What is measured of one seed.
struct Critics {
  double share_before = 0, share_after = 0;  ///< of weights at the bounds, clip 0.01
  std::vector<double> clipped, penalised;    ///< weights
  std::vector<DeepCritic> deep;              ///< by kClips, then the penalty
};

Critics critics_of(std::uint64_t seed, std::int64_t iterations) {
  constexpr double kClip = 0.01;
  Critics critics;
  critics.share_before = share_at_bound(shallow_weights(kClip, seed, 0), kClip);
  critics.clipped = shallow_weights(kClip, seed, iterations);
  critics.penalised = shallow_weights(0, seed, iterations);
  critics.share_after = share_at_bound(critics.clipped, kClip);
  for (const double clip : kClips) critics.deep.push_back(deep_critic(clip, seed, iterations));
  critics.deep.push_back(deep_critic(0, seed, iterations));
  return critics;
}

/// The least and the largest of a number over all seeds.
struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
};

template <class Number>
Range over_seeds(const std::vector<Critics>& seeds, const Number& number) {
  Range range;
  for (const Critics& critics : seeds) {
    range.low = std::min(range.low, number(critics));
    range.high = std::max(range.high, number(critics));
  }
  return range;
}

Result run(const Conditions& conditions) {
  const std::int64_t iterations = conditions.quick ? 300 : 1000;
  const std::vector<Critics> seeds =
      all_of(conditions.quick ? 1 : 3, [&](std::size_t i) { return critics_of(conditions.seed + i, iterations); });
  const auto growths = [&](std::size_t critic) {
    return over_seeds(seeds, [&](const Critics& c) { return growth(c.deep[critic]); });
  };
  std::vector<plot::Panel> surfaces;
  for (const double clip : {0.01, 0.0})
    for (const char* data : {"ring8", "grid25", "swiss-roll"})
      surfaces.push_back(surface(std::string(data) + (clip > 0 ? ", clipped" : ", penalty"), data, clip, conditions));
  const double infinity = std::numeric_limits<double>::infinity();
  // A layer of 64 weights of at most c has a norm of at most 64 c (Frobenius), and there are eleven between.
  const auto bound = [](double clip) { return std::pow(64 * clip, 11); };
  return {
      .measurements =
          {{.name = "share of weights at the bounds before training, clip 0.01, largest",
            .value = over_seeds(seeds, [](const Critics& c) { return c.share_before; }).high,
            .low = 0,
            .high = 0.002,
            .because = "0.001 of an even spread lies within 0.1 % of a bound"},
           {.name = "the same after training, smallest",
            .value = over_seeds(seeds, [](const Critics& c) { return c.share_after; }).low,
            .low = 0.1,
            .high = 1,
            .because = "a hundred times as many as before: they were driven there"},
           {.name = "gradient at layer 1 against layer 12, clip 0.001, largest",
            .value = growths(2).high,
            .low = 0,
            .high = bound(0.001),
            .because = "a layer passes on at most 64 c of a gradient: 0.064^11"},
           {.name = "gradient at layer 1 against layer 12, clip 0.01, largest",
            .value = growths(1).high,
            .low = 0,
            .high = bound(0.01),
            .because = "as above: 0.64^11"},
           {.name = "gradient at layer 1 against layer 12, clip 0.1, smallest",
            .value = growths(0).low,
            .low = 10,
            .high = infinity,
            .because = "64 weights of 0.1 that agree in sign multiply it by up to 6.4 a layer"},
           {.name = "gradient at layer 1 against layer 12, penalty, smallest",
            .value = growths(3).low,
            .low = 0.1,
            .high = infinity,
            .because = "the penalty wants 1 from end to end; a tenth to ten is 1.2 a layer at most"},
           {.name = "the same, largest", .value = growths(3).high, .low = 0, .high = 10, .because = "as above"}},
      .pictures = {
          {.name = "surfaces",
           .svg = plot::to_svg({.title = "Values of critics",
                                .description = "Contours of clipped and penalised critics on three sets of points.",
                                .panels = std::move(surfaces),
                                .columns = 3,
                                .plot_width = 220,
                                .plot_height = 220}),
           .caption =
               "Above: clipped at 0.01, below: with the penalty, trained to tell the data (dots) from the data with "
               "noise. The clipped critics see little more than a slope."},
          depth_picture(seeds.front().deep),
          weights_picture(seeds.front().clipped, seeds.front().penalised, 0.01)}};
}

}  // namespace

Experiment weight_clipping() {
  return {
      .name = "weight-clipping",
      .title = "What clipping does to a critic",
      .chinese = "权重裁剪的问题",
      .summary =
          "clipped weights pile up at their bounds, and gradients explode or vanish with depth; the penalty keeps them",
      .claim =
          "Clipping keeps a critic Lipschitz, but by the crudest means: weights are driven to the bounds, which makes "
          "functions that are far too simple, and the gradient is multiplied by about the same factor in every layer, "
          "so "
          "that it explodes or vanishes unless the bound is just right.",
      .formula = "w ← clip(w, -c, c) &nbsp; against &nbsp; λ E[(||∇<sub>x</sub> D(x)||<sub>2</sub> - 1)<sup>2</sup>]",
      .setup =
          "Critics of points in the plane against the same points with N(0, I) noise, three seeds. Clipped ones start "
          "with weights evenly between their bounds. Surfaces and weights: three hidden layers of 128, 1,500 and 1,000 "
          "steps. Depth: twelve hidden layers of 64 with ReLU on the Swiss roll, 1,000 steps, c = 0.1, 0.01, 0.001 "
          "(RMSProp with rate c / 20) and the penalty (Adam 0.001).",
      .source = "Gulrajani et al. 2017, section 3 and figure 1",
      .run = run};
}

}  // namespace gan::theory
