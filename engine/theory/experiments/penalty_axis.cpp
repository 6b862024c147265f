// The gradient penalty's norm over the channels of each pixel instead of over the image: what critic comes of it.
#include <cmath>

#include "engine/data/shapes.h"
#include "engine/plot/svg.h"
#include "engine/theory/densities.h"
#include "engine/theory/experiments/experiments.h"

namespace gan::theory {

namespace {

constexpr int kSide = 16;
constexpr float kLambda = 1000;

/// The images upside down with inverted brightness: another distribution, of the same kind.
Dataset inverted(Dataset images) {
  for (std::uint8_t& pixel : images.pixels) pixel = static_cast<std::uint8_t>(255 - pixel / 2);
  return images;
}

/// Images (N, pixels) between real and fake ones, in [-1, 1], a ratio each.
Numbers between(const Dataset& real, const Dataset& fake, std::int64_t count) {
  const auto pixels = static_cast<std::size_t>(real.image_bytes());
  Numbers images(static_cast<std::size_t>(count) * pixels);
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::size_t image = i / pixels;
    const double share = (static_cast<double>(image) + 0.5) / static_cast<double>(count);
    images[i] = static_cast<float>((share * real.pixels[i] + (1 - share) * fake.pixels[i]) / 127.5 - 1);
  }
  return images;
}

/// Norms of a trained critic's gradient at images between, image by image.
std::vector<double> gradient_norms(GradientPenaltyOptions::Norm norm, std::uint64_t seed, std::int64_t iterations) {
  const Dataset real = make_shapes({.source = "shapes", .height = kSide, .width = kSide, .channels = 1, .seed = seed});
  const Dataset fake = inverted(real);
  LabOptions options{.objective = "wgan-gp", .iteration = {.batch = 64, .seed = seed}};
  options.iteration.penalty.weight = kLambda;
  options.iteration.penalty.norm = norm;
  options.d_optimizer = {
      .learning_rate = 1e-3, .beta1 = 0, .beta2 = 0.9, .schedule = learning_rate_schedule("linear", iterations)};
  Lab lab(options,
          make_model({.model = "mlp", .image = {kSide, kSide, 1}, .latent = 2, .d_norm = NormKind::None, .width = 8}),
          real, fake);
  lab.train_discriminator(iterations);
  const Numbers gradients = lab.image_gradients(between(real, fake, Lab::kQuery));
  std::vector<double> norms(Lab::kQuery);
  for (std::size_t i = 0; i < gradients.size(); ++i)
    norms[i / (gradients.size() / norms.size())] += double{gradients[i]} * gradients[i];
  for (double& n : norms) n = std::sqrt(n);
  return norms;
}

Result run(const Conditions& conditions) {
  const int seeds = conditions.quick ? 1 : 3;
  const std::int64_t iterations = conditions.quick ? 800 : 2000;
  using Norm = GradientPenaltyOptions::Norm;
  std::vector<double> right, wrong, shown_right, shown_wrong;
  for (int i = 0; i < seeds; ++i) {
    const std::uint64_t seed = conditions.seed + static_cast<std::uint64_t>(i);
    shown_right = gradient_norms(Norm::Sample, seed, iterations);
    shown_wrong = gradient_norms(Norm::Channel, seed, iterations);
    right.push_back(mean_of(shown_right));
    wrong.push_back(mean_of(shown_wrong));
  }
  const plot::Panel panel{
      .x = {.label = "norm of the critic's gradient, image by image", .low = 0, .high = 20},
      .y = {.label = "density", .low = 0},
      .layers = {plot::histogram(shown_right, 0, 20, 80), plot::histogram(shown_wrong, 0, 20, 80),
                 plot::ReferenceLine{.direction = plot::Direction::Vertical, .at = 1, .label = "1"},
                 plot::ReferenceLine{.direction = plot::Direction::Vertical, .at = kSide, .label = "sqrt(H W)"}}};
  return {
      .measurements = {{.name = "mean norm, penalty over images (right)",
                        .value = mean_of(right),
                        .low = 0.85,
                        .high = 1.25,
                        .because =
                            "the penalised optimum is 1 + |x - y| / (2 lambda), and two images are some 8 apart"},
                       {.name = "mean norm, penalty over channels (wrong)",
                        .value = mean_of(wrong),
                        .low = kSide * 0.6,
                        .high = kSide * 1.15,
                        .because = "every one of 16 x 16 pixels is pulled to slope 1 or -1, more exactly to 1 + 256 |x "
                                   "- y| / (2 lambda): sqrt(256) = 16 where all get there"}},
      .pictures = {
          {.name = "norms",
           .svg = plot::to_svg({.title = "How steep the critic becomes",
                                .description = "Histograms of gradient norms under the right and the wrong penalty.",
                                .panels = {panel},
                                .plot_width = 480,
                                .plot_height = 260}),
           .caption = "The right penalty makes a critic of slope 1. The wrong one makes one that is sixteen times as "
                      "steep at 16x16, and steeper the larger the image: its values are no Wasserstein distance."}}};
}

}  // namespace

Experiment penalty_axis() {
  return {
      .name = "penalty-axis",
      .title = "The penalty over the wrong axis",
      .chinese = "梯度惩罚算错了轴",
      .summary = "a penalty on every pixel's own gradient makes a critic sqrt(H W) times too steep",
      .claim =
          "The critic has to be 1-Lipschitz as a function of an image, so the penalty is on the norm of the gradient "
          "of the "
          "whole image. Many programs take the norm over axis 1 of an (N, C, H, W) tensor, which is the norm over the "
          "channels of each pixel by itself.",
      .formula = "E[(||∇<sub>x</sub> D(x)||<sub>2</sub> - 1)<sup>2</sup>], &nbsp; the norm over all of C, H and W",
      .setup =
          "Two sets of 16x16 images, drawn shapes and the same with other brightness; a fully connected critic, with "
          "lambda 1,000, the norm, the norm taken rightly and wrongly. The true norm is then measured at 512 images "
          "between the two sets.",
      .source = "Gulrajani et al. 2017, equation 3; the anime-face project that closes the series",
      .run = run};
}

}  // namespace gan::theory
