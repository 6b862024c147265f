// Figure 1 of the 2014 paper: a GAN on the line, from its start to convergence.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/data/point_sets.h"
#include "engine/data/points.h"
#include "engine/plot/svg.h"
#include "engine/theory/densities.h"
#include "engine/theory/experiments/experiments.h"

namespace gan::theory {

namespace {

constexpr Grid kGrid{-2.5, 3.5, 151};
constexpr std::int64_t kSamples = 65536;
/// Where the data has all but 5 % of its mass.
constexpr double kSupportLow = 0, kSupportHigh = 2;

/// One moment of the game.
struct Moment {
  std::int64_t iteration = 0;
  std::vector<double> p_g, d;
  std::vector<double> z, image_of_z;  ///< the map z -> x
};

Moment look(Lab& lab, std::int64_t iteration, std::uint64_t seed) {
  constexpr Grid kLatents{-2.4, 2.4, 33};
  Moment moment{.iteration = iteration};
  moment.p_g = density_of(kGrid, lab.draw(kSamples, seed));
  moment.d = sigmoid(as_doubles(lab.judge(as_numbers(kGrid.places()))));
  moment.z = kLatents.places();
  moment.image_of_z = as_doubles(lab.generate(as_numbers(moment.z)));
  return moment;
}

/// What is measured at the end of a game.
struct End {
  double farthest_from_half = 0, value = 0, divergence = 0;
};

struct Game {
  std::vector<Moment> moments;
  End end;
};

Game play(std::uint64_t seed, std::int64_t iterations, const std::vector<double>& p_data) {
  constexpr float kR1 = 0.02f;
  constexpr std::int64_t kFrames = 24;
  const LearningRateSchedule schedule = learning_rate_schedule("cosine", iterations);
  const auto adam = [&](double rate) {
    return OptimizerOptions{.learning_rate = rate, .beta1 = 0, .beta2 = 0.99, .schedule = schedule};
  };
  Lab lab({.g_optimizer = adam(1e-3),
           .d_optimizer = adam(4e-3),
           .iteration = {.batch = 256, .d_steps = 3, .seed = seed, .r1 = kR1},
           .average = 0.99},
          point_networks({}), make_points({.source = "gaussian-1d", .height = 1, .width = 1, .seed = seed}));
  Game game;
  game.moments.push_back(look(lab, 0, seed));
  for (std::int64_t frame = 1, done = 0; frame <= kFrames; ++frame) {
    // Frames lie close together at first, where much happens: at the squares.
    const std::int64_t until = iterations * frame * frame / (kFrames * kFrames);
    lab.train(until - done);
    done = until;
    game.moments.push_back(look(lab, done, seed));
  }
  const Moment& last = game.moments.back();
  const std::vector<double> x = kGrid.places();
  std::vector<double> logits(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    logits[i] = std::log(last.d[i] / (1 - last.d[i]));
    if (x[i] >= kSupportLow && x[i] <= kSupportHigh)
      game.end.farthest_from_half = std::max(game.end.farthest_from_half, std::abs(last.d[i] - 0.5));
  }
  game.end.value = game_value(kGrid, p_data, last.p_g, logits);
  game.end.divergence = jensen_shannon(kGrid, p_data, last.p_g);
  return game;
}

/// The paper's panel: both densities and D above, the map z -> x below.
plot::Panel panel_of(const Moment& moment, const std::vector<double>& p_data) {
  constexpr double kZLine = -0.9, kXLine = -0.15;
  const std::vector<double> x = kGrid.places();
  const std::size_t count = moment.z.size();
  return {
      .title = "after " + std::to_string(moment.iteration) + " iterations",
      .x = {.label = "x (above), z (below)", .low = kGrid.low, .high = kGrid.high},
      .y = {.label = "density; D", .low = -1, .high = 1.6},
      .layers = {
          plot::Segments{.x0 = moment.z,
                         .y0 = std::vector<double>(count, kZLine),
                         .x1 = moment.image_of_z,
                         .y1 = std::vector<double>(count, kXLine),
                         .label = "z to x = G(z)",
                         .colour = plot::Colour::Grey},
          plot::Line{.x = x, .y = p_data, .label = "p_data", .colour = plot::Colour::Black, .dash = plot::Dash::Dotted},
          plot::Line{.x = x, .y = moment.p_g, .label = "p_g", .colour = plot::Colour::Green, .dash = plot::Dash::Solid},
          plot::Line{.x = x, .y = moment.d, .label = "D", .colour = plot::Colour::Blue, .dash = plot::Dash::Dashed}}};
}

plot::Figure figure_of(std::vector<plot::Panel> panels, std::size_t columns) {
  return {.title = "A generative adversarial game on the line",
          .description =
              "Densities of data and generated points, the discriminator, and where the generator takes its noise.",
          .panels = std::move(panels),
          .columns = columns};
}

std::vector<Picture> pictures_of(const Game& game, const std::vector<double>& p_data) {
  std::vector<plot::Panel> four;
  for (const std::size_t frame : {0, 3, 8, 24}) four.push_back(panel_of(game.moments[frame], p_data));
  std::vector<plot::Figure> frames;
  for (const Moment& moment : game.moments) frames.push_back(figure_of({panel_of(moment, p_data)}, 1));
  return {{.name = "panels",
           .svg = plot::to_svg(figure_of(std::move(four), 2)),
           .caption =
               "As in the paper: D (blue, dashed) tells the data (black, dotted) from generated points (green), the "
               "generator follows D's slope, and in the end D knows nothing any more. The strokes are the map z to x: "
               "where they come together the generated density is high."},
          {.name = "game",
           .svg = plot::animated_svg(frames, 0.4),
           .caption = "The same game from its first iteration to its last."}};
}

Result run(const Conditions& conditions) {
  const std::int64_t iterations = conditions.quick ? 4000 : 6000;
  const int seeds = conditions.quick ? 1 : 3;
  const GaussianMixture mixture = *point_mixture("gaussian-1d");
  const std::vector<double> p_data = kGrid.sample([&](double x) { return mixture.density({x, 0}); });
  std::vector<double> from_half, values, divergences;
  Result result;
  for (int i = 0; i < seeds; ++i) {
    const Game game = play(conditions.seed + static_cast<std::uint64_t>(i), iterations, p_data);
    from_half.push_back(game.end.farthest_from_half);
    values.push_back(std::abs(game.end.value + std::log(4.0)));
    divergences.push_back(game.end.divergence);
    if (i == 0) result.pictures = pictures_of(game, p_data);
  }
  result.measurements = {
      {.name = "largest |D - 1/2| on the support, worst seed",
       .value = largest_of(from_half),
       .low = 0,
       .high = 0.05,
       .because = "theorem 1: at the optimum p_g = p_data, so that D* = 1/2; the support is mean +- 2 deviations"},
      {.name = "|V(D, G) - (-log 4)|, worst seed",
       .value = largest_of(values),
       .low = 0,
       .high = 0.03,
       .because =
           "theorem 1: the optimum's value is -log 4; D within 0.05 of 1/2 moves V by at most 4 * 0.05^2 = 0.01, and "
           "JSD within 0.01 by 0.02"},
      {.name = "JSD(p_data, p_g), worst seed",
       .value = largest_of(divergences),
       .low = 0,
       .high = 0.03,
       .because = "0 at the optimum; a histogram of 65,536 points in 151 cells alone has 151 / (8 * 65,536) = 0.0002"}};
  return result;
}

}  // namespace

Experiment figure_1() {
  return {
      .name = "figure-1",
      .title = "The game, from its start to its end",
      .chinese = "论文图 1",
      .summary = "a GAN on the line goes the way of the 2014 paper's figure 1, and ends with D = 1/2",
      .claim =
          "While both players learn, D tells data from generated points ever better, and its slope shows the generator "
          "which way to move. The game has one optimum: the generator makes the data's own distribution, and nobody "
          "can tell the two apart: D is 1/2 everywhere.",
      .formula =
          "<i>p</i><sub>g</sub> = <i>p</i><sub>data</sub> &nbsp;⇔&nbsp; <i>D</i>*(<i>x</i>) = 1/2, &nbsp; "
          "<i>V</i>(<i>D</i>*, <i>G</i>) = -log 4, &nbsp; JSD = 0",
      .setup =
          "Data from N(1, 0.5<sup>2</sup>), noise from N(0, 1), two hidden layers of 64 in both networks; the "
          "non-saturating loss, three steps of D for each of G and at four times its rate, Adam with rates that fall "
          "to "
          "zero, a running average of the generator. A small "
          "zero-centred penalty on D's slope at the data (R1, gamma 0.02) makes the game settle instead of circling "
          "its optimum (Mescheder et al. 2018); the optimum is the same.",
      .source = "Goodfellow et al. 2014, figure 1 and theorem 1",
      .run = run};
}

}  // namespace gan::theory
