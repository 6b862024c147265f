// Why generators draw checkerboards, seen in the spectrum.
#include <cmath>
#include <limits>
#include <numbers>

#include "engine/data/shapes.h"
#include "engine/network/initializers.h"
#include "engine/network/layers/layers.h"
#include "engine/plot/svg.h"
#include "engine/theory/densities.h"
#include "engine/theory/experiments/experiments.h"
#include "engine/theory/in_parallel.h"

namespace gan::theory {

namespace {

constexpr std::int64_t kSide = 32, kLatent = 16, kWidth = 16;

/// How a generator doubles a grid.
enum class Doubling { Kernel3, Kernel4, Upsampling };
constexpr Doubling kDoublings[] = {Doubling::Kernel3, Doubling::Kernel4, Doubling::Upsampling};

const char* name_of(Doubling doubling) {
  switch (doubling) {
    case Doubling::Kernel3: return "transposed 3x3, stride 2";
    case Doubling::Kernel4: return "transposed 4x4, stride 2";
    case Doubling::Upsampling: return "upsampling, then 3x3";
  }
  return "";
}

/// Appends what makes a grid twice as large, with `channels`.
FeatureShape add_doubling(NetworkGraph& net, const FeatureShape& in, std::int64_t channels, Doubling doubling) {
  const FeatureShape out{2 * in.height, 2 * in.width, channels};
  const auto start = [](std::int64_t from, std::int64_t to, std::int64_t kernel) {
    return pytorch_uniform(fan_of_filter(from, to, kernel, kernel));
  };
  if (doubling == Doubling::Upsampling) {
    net.add(upsample_layer(2));
    net.add(conv_layer({out.height, out.width, in.channels}, {.out = out,
                                                              .kernel_h = 3,
                                                              .kernel_w = 3,
                                                              .stride_h = 1,
                                                              .stride_w = 1,
                                                              .weight = start(in.channels, channels, 3)}));
    return out;
  }
  // 3x3: pixels get 1, 2 or 4 terms, in turn; 4x4: each gets 4.
  const std::int64_t kernel = doubling == Doubling::Kernel3 ? 3 : 4;
  net.add(conv_layer(in, {.out = out,
                          .kernel_h = kernel,
                          .kernel_w = kernel,
                          .transposed = true,
                          .weight = start(channels, in.channels, kernel)}));
  return out;
}

GeneratorAndDiscriminator networks(Doubling doubling) {
  constexpr ActivationOptions kRelu{.kind = ActivationKind::Relu};
  NetworkGraph g("generator", {1, 1, kLatent});
  FeatureShape at{4, 4, 4 * kWidth};
  g.add(linear_layer(g.input_shape(), {.out = at}));
  g.add(reshape_layer(at));
  for (const std::int64_t channels : {2 * kWidth, kWidth, std::int64_t{1}}) {
    g.add(activation_layer(kRelu));
    at = add_doubling(g, at, channels, doubling);
  }
  g.add(activation_layer({.kind = ActivationKind::Tanh}));
  NetworkGraph d =
      make_model(
          {.model = "dcgan", .image = {kSide, kSide, 1}, .latent = kLatent, .d_norm = NormKind::None, .width = 8})
          .discriminator;
  return {std::move(g), std::move(d)};
}

/// The mean power of images (N, kSide, kSide) at the frequency (u, v), whole waves a side.
double power(const Numbers& images, std::int64_t u, std::int64_t v) {
  const std::int64_t pixels = kSide * kSide, count = static_cast<std::int64_t>(images.size()) / pixels;
  std::vector<double> cosines(static_cast<std::size_t>(pixels)), sines(cosines.size());
  for (std::int64_t y = 0; y < kSide; ++y)
    for (std::int64_t x = 0; x < kSide; ++x) {
      const double angle =
          2 * std::numbers::pi * static_cast<double>((u * x + v * y) % kSide) / static_cast<double>(kSide);
      cosines[static_cast<std::size_t>(y * kSide + x)] = std::cos(angle);
      sines[static_cast<std::size_t>(y * kSide + x)] = std::sin(angle);
    }
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    double real = 0, imaginary = 0;
    for (std::int64_t at = 0; at < pixels; ++at) {
      real += images[static_cast<std::size_t>(i * pixels + at)] * cosines[static_cast<std::size_t>(at)];
      imaginary += images[static_cast<std::size_t>(i * pixels + at)] * sines[static_cast<std::size_t>(at)];
    }
    sum += real * real + imaginary * imaginary;
  }
  return sum / static_cast<double>(count);
}

/// Power along a row of the spectrum, from 0 to the Nyquist frequency, where waves are two pixels long.
std::vector<double> spectrum(const Numbers& images) {
  std::vector<double> result;
  for (std::int64_t u = 0; u <= kSide / 2; ++u) result.push_back((power(images, u, 0) + power(images, 0, u)) / 2);
  return result;
}

/// How far the Nyquist frequency stands out: its power over the geometric mean of the four frequencies below it.
double peak(const std::vector<double>& spectrum) {
  double logarithms = 0;
  for (std::size_t i = 2; i <= 5; ++i) logarithms += std::log(spectrum[spectrum.size() - i]) / 4;
  return spectrum.back() / std::exp(logarithms);
}

struct Looks {
  std::vector<double> untrained, trained;
};

Looks look(Doubling doubling, std::uint64_t seed, std::int64_t iterations) {
  constexpr std::int64_t kImages = 128;
  const OptimizerOptions adam{.learning_rate = 1e-3, .beta1 = 0, .beta2 = 0.99};
  Lab lab(
      {.g_optimizer = adam, .d_optimizer = adam, .iteration = {.batch = 32, .seed = seed, .r1 = 1}, .average = 0.99},
      networks(doubling),
      make_shapes({.source = "shapes", .height = kSide, .width = kSide, .channels = 1, .seed = seed}));
  Looks looks{.untrained = spectrum(lab.draw(kImages, seed))};
  lab.train(iterations);
  looks.trained = spectrum(lab.draw(kImages, seed));
  return looks;
}

Result run(const Conditions& conditions) {
  const std::size_t seeds = conditions.quick ? 2 : 4;
  const std::int64_t iterations = conditions.quick ? 100 : 600;
  const std::vector<Looks> all = all_of(
      3 * seeds, [&](std::size_t i) { return look(kDoublings[i / seeds], conditions.seed + i % seeds, iterations); });
  double untrained[3] = {}, trained[3] = {};
  plot::Panel before{
      .title = "untrained", .x = {.label = "waves a side"}, .y = {.label = "power", .scale = plot::Scale::Logarithmic}};
  plot::Panel after = before;
  after.title = "trained";
  std::vector<double> frequencies;
  for (std::int64_t u = 0; u <= kSide / 2; ++u) frequencies.push_back(static_cast<double>(u));
  for (std::size_t kind = 0; kind < 3; ++kind) {
    for (std::size_t i = 0; i < seeds; ++i) {  // geometric means: peaks are ratios
      untrained[kind] += std::log(peak(all[kind * seeds + i].untrained)) / static_cast<double>(seeds);
      trained[kind] += std::log(peak(all[kind * seeds + i].trained)) / static_cast<double>(seeds);
    }
    before.layers.push_back(
        plot::Line{.x = frequencies, .y = all[kind * seeds].untrained, .label = name_of(kDoublings[kind])});
    after.layers.push_back(
        plot::Line{.x = frequencies, .y = all[kind * seeds].trained, .label = name_of(kDoublings[kind])});
  }
  Result result;
  const double infinity = std::numeric_limits<double>::infinity();
  const double none = std::exp(trained[2]);
  for (std::size_t kind = 0; kind < 2; ++kind) {
    result.measurements.push_back(
        {.name = std::string("peak at two pixels a wave, untrained, ") + name_of(kDoublings[kind]),
         .value = std::exp(untrained[kind]),
         .low = 2,
         .high = infinity,
         .because = "the four pixels made of one have weights of their own: a fixed pattern, which "
                    "lifts the frequency out of its neighbours"});
    result.measurements.push_back({.name = std::string("the same, trained, ") + name_of(kDoublings[kind]),
                                   .value = std::exp(trained[kind]),
                                   .low = none,
                                   .high = infinity,
                                   .because = "training wears the pattern down, but not below what upsampling leaves"});
  }
  result.measurements.push_back(
      {.name = std::string("peak, untrained, ") + name_of(Doubling::Upsampling),
       .value = std::exp(untrained[2]),
       .low = 0,
       .high = 1,
       .because = "copying a pixel multiplies the spectrum by a cosine that is 0 at this frequency"});
  result.measurements.push_back(
      {.name = std::string("peak, trained, ") + name_of(Doubling::Upsampling),
       .value = none,
       .low = 0,
       .high = 1.5,
       .because = "nothing in the network prefers it: no more than its neighbours, give or take half"});
  result.pictures = {
      {.name = "spectra",
       .svg = plot::to_svg({.title = "Spectra of generated images",
                            .description = "Power of generated images by frequency, before and after training.",
                            .panels = {before, after},
                            .columns = 2}),
       .caption =
           "Mean power of 128 images (first seed) by frequency; at the right end waves are two pixels long. Transposed "
           "convolutions end in a peak there: a checkerboard."}};
  return result;
}

}  // namespace

Experiment checkerboard() {
  return {
      .name = "checkerboard",
      .title = "Checkerboards",
      .chinese = "棋盘效应",
      .summary = "transposed convolutions leave a pattern two pixels wide, upsampling before a convolution does not",
      .claim =
          "A transposed convolution with stride 2 makes four pixels of each, and each of the four from weights of its "
          "own; "
          "with a kernel of 3 they even get different numbers of terms (1, 2, 2 and 4). The pattern that this leaves "
          "has waves "
          "of two pixels: checkerboards. Copying pixels before an ordinary convolution treats all alike.",
      .formula =
          "P(<i>u</i>) = |Σ<sub>x</sub> image(<i>x</i>) e<sup>-2πi<i>u</i><i>x</i>/32</sup>|<sup>2</sup>; &nbsp; peak "
          "= "
          "P(16) / geometric mean of P(12) … P(15)",
      .setup =
          "Three generators of 32x32 images that differ only in how they double a grid, untrained, and after 600 "
          "iterations on "
          "drawn shapes (non-saturating loss with R1). Power spectra along both axes of 128 images; peaks are "
          "geometric means over "
          "four seeds.",
      .source = "Odena, Dumoulin &amp; Olah 2016",
      .run = run};
}

}  // namespace gan::theory
