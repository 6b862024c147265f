#include "engine/settings/presets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/settings/help.h"
#include "engine/settings/nearest_match.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

using Rows = std::vector<Preset::Row>;

/// `rows` with `more`, which replace those of the same settings.
Rows with(Rows rows, const Rows& more) {
  for (const Preset::Row& row : more) {
    const auto same =
        std::find_if(rows.begin(), rows.end(), [&](const Preset::Row& r) { return r.setting == row.setting; });
    if (same != rows.end()) *same = row;
    else rows.push_back(row);
  }
  return rows;
}

/// Adam with these decays, and no average of the generator: of the recipes here only R3GAN's has one.
Rows adam(std::string_view rate, std::string_view beta1, std::string_view beta2) {
  return {{"optimizer", "adam"}, {"lr", rate}, {"beta1", beta1}, {"beta2", beta2}, {"ema", "0"}};
}

Rows images(std::string_view side, std::string_view channels) { return {{"image-size", side}, {"channels", channels}}; }

/// What WGAN-GP's and SNGAN's residual networks for CIFAR-10 share.
Rows residual() {
  return with(with(images("32", "3"), adam("2e-4", "0", "0.9")), {{"model", "resnet"},
                                                                  {"width", "128"},
                                                                  {"norm", "none"},
                                                                  {"latent", "128"},
                                                                  {"batch", "64"},
                                                                  {"d-steps", "5"},
                                                                  {"lr-schedule", "linear"},
                                                                  {"iterations", "100000"}});
}

/// What the anime project's Wasserstein critics share.
Rows anime_wgan() {
  return with(with(images("64", "3"), adam("1e-4", "0.5", "0.999")), {{"width", "64"},
                                                                      {"latent", "100"},
                                                                      {"objective", "wgan-gp"},
                                                                      {"lambda", "10"},
                                                                      {"d-steps", "5"},
                                                                      {"batch", "32"},
                                                                      {"iterations", "40000"}});
}

constexpr std::string_view kAnimeSource = "Anime-WGAN 7acf211";
constexpr std::string_view kAnimePenalty =
    "the norm is over each image, where the project takes it over the channels of each pixel (--gp-norm channel does "
    "so, too); a short last batch costs no critic step; critic steps do not backpropagate through G";

std::vector<Preset> make_presets() {
  return {
      {.name = "gan2014-mnist",
       .what = "the first GAN, fully connected, on MNIST: --data FILE.idx",
       .source = "Goodfellow et al. 2014; goodfeli/adversarial 1720041f, mnist.yaml",
       .differences =
           "D has three LeakyReLU layers of 1200, 600 and 300 with no maxout and no dropout (published: maxout "
           "240 x 5 twice, dropout); G has 300, 600 and 1200 and tanh (1200 twice, sigmoid); z is normal, not "
           "uniform; momentum stays at 0.5 and the rate at 0.1 (momentum to 0.7, rate / 1.000004 an update); D "
           "and G take turns (both at once)",
       .rows = with(images("28", "1"), {{"model", "mlp"},
                                        {"width", "75"},
                                        {"latent", "100"},
                                        {"objective", "non-saturating"},
                                        {"optimizer", "sgd"},
                                        {"lr", "0.1"},
                                        {"momentum", "0.5"},
                                        {"d-steps", "1"},
                                        {"ema", "0"},
                                        {"batch", "100"}})},
      {.name = "dcgan",
       .what = "the convolutional GAN at 64x64, as PyTorch's example trains it",
       .source = "Radford et al. 2015; pytorch/examples 77f55b91, dcgan/main.py",
       .differences = "none known: the G step judges the D step's fakes again, as there",
       .rows = with(with(images("64", "3"), adam("2e-4", "0.5", "0.999")), {{"model", "dcgan"},
                                                                            {"width", "64"},
                                                                            {"latent", "100"},
                                                                            {"norm", "batch"},
                                                                            {"objective", "non-saturating"},
                                                                            {"reuse-noise", "true"},
                                                                            {"d-steps", "1"},
                                                                            {"batch", "64"},
                                                                            {"epochs", "25"}})},
      {.name = "dcgan-r1",
       .what =
           "small convolutional networks with R1, for few images a second: what tools/demo trains Fashion-MNIST with",
       .source =
           "this project's own trials (BENCHMARKS.md, \"The demo's recipe\"); R1: Mescheder et al. 2018, section 4.1",
       .differences = "R1 in every fourth iteration only, four times as strong (Karras et al. 2020); no norm in D",
       .rows = {{"image-size", "32"},
                {"model", "dcgan"},
                {"width", "32"},
                {"norm", "none"},
                {"objective", "non-saturating"},
                {"r1", "3"},
                {"penalty-every", "4"},
                {"reuse-noise", "true"},
                {"optimizer", "adam"},
                {"lr", "1e-3"},
                {"lr-schedule", "cosine"},
                {"beta1", "0"},
                {"beta2", "0.99"},
                {"batch", "64"}}},
      {.name = "wgan-clip",
       .what = "the Wasserstein GAN with clipped weights at 64x64",
       .source = "Arjovsky et al. 2017; martinarjovsky/WassersteinGAN f7a01e82, main.py",
       .differences =
           "weights are clipped after each critic update, so that G sees clipped ones (published code: before); the "
           "critic scores real images high (low)",
       .rows = with(images("64", "3"), {{"model", "dcgan"},
                                        {"width", "64"},
                                        {"latent", "100"},
                                        {"norm", "batch"},
                                        {"objective", "wgan"},
                                        {"clip", "0.01"},
                                        {"optimizer", "rmsprop"},
                                        {"lr", "5e-5"},
                                        {"beta2", "0.99"},
                                        {"ema", "0"},
                                        {"d-steps", "5"},
                                        {"d-steps-early", "100"},
                                        {"early-iterations", "25"},
                                        {"batch", "64"},
                                        {"epochs", "25"}})},
      {.name = "wgan-gp",
       .what = "the Wasserstein GAN with a gradient penalty: residual networks for CIFAR-10",
       .source = "Gulrajani et al. 2017; kwotsin/mimicry a7fda06c, nets/wgan_gp",
       .differences = "upsampling copies pixels (there: bilinear) and shortcuts take the input as it is (rectified in "
                      "place); the critic ends in a sum over pixels (mean)",
       .rows = with(residual(), {{"objective", "wgan-gp"}, {"lambda", "10"}})},
      {.name = "sngan",
       .what = "spectral normalisation with the hinge loss: residual networks for CIFAR-10",
       .source = "Miyato et al. 2018; kwotsin/mimicry a7fda06c, nets/sngan",
       .differences =
           "upsampling copies pixels and shortcuts take the input as it is, as in the authors' own code (there: "
           "bilinear, rectified in place); one power iteration an update (one a forward)",
       .rows = with(residual(), {{"objective", "hinge"}, {"spectral-norm", "true"}})},
      {.name = "r3gan-small",
       .what = "a relativistic GAN with R1 and R2, after R3GAN's recipe for CIFAR-10, on a smaller network",
       .source = "brownvc/R3GAN 19a7ddf4, train.py",
       .differences =
           "the networks are this program's residual ones: no grouped convolutions, no bottlenecks, no learned "
           "4x4 basis, batch norm and tanh in G, nearest for bilinear resampling, 96 to 192 channels (768); batch "
           "256 (512); gamma, the decays and the rate are constant (gamma falls to 0.005, the rate to 5e-5, beta2 "
           "rises to 0.99); no augmentation",
       .rows = with(images("32", "3"), {{"model", "resnet"},
                                        {"width", "96"},
                                        {"norm", "none"},
                                        {"latent", "64"},
                                        {"objective", "relativistic"},
                                        {"r1", "0.05"},
                                        {"r2", "0.05"},
                                        {"optimizer", "adam"},
                                        {"lr", "2e-4"},
                                        {"beta1", "0"},
                                        {"beta2", "0.9"},
                                        {"ema", "0.999"},
                                        {"flip", "true"},
                                        {"d-steps", "1"},
                                        {"batch", "256"}})},
      {.name = "anime-dcgan",
       .what = "the anime project's DCGAN at 64x64",
       .source = kAnimeSource,
       .differences = "fakes are not backpropagated through G in D steps, which changes no number",
       .rows = with(with(images("64", "3"), adam("2e-4", "0.5", "0.999")), {{"model", "anime-dcgan"},
                                                                            {"width", "64"},
                                                                            {"latent", "100"},
                                                                            {"norm", "batch"},
                                                                            {"objective", "non-saturating"},
                                                                            {"d-steps", "1"},
                                                                            {"batch", "32"},
                                                                            {"epochs", "300"}})},
      {.name = "anime-wgan",
       .what = "the anime project's WGAN-GP at 64x64",
       .source = kAnimeSource,
       .differences = kAnimePenalty,
       .rows = with(anime_wgan(), {{"model", "anime-wgan"}, {"norm", "instance"}})},
      {.name = "anime-wganp",
       .what = "the same with nearest upsampling and 3x3 convolutions in G, against checkerboards",
       .source = kAnimeSource,
       .differences = kAnimePenalty,
       .rows = with(anime_wgan(), {{"model", "anime-wganp"}, {"norm", "instance"}})},
      {.name = "anime-wgan256",
       .what = "the anime project's unfinished 256x256 model, as it was meant",
       .source = kAnimeSource,
       .differences =
           "the networks are new: residual blocks and pixel shuffle as there, but 64 channels next to the image "
           "(there 3 to 16 in the last third of G), no batch norm in the critic, no map of 1024x1024 inside; the "
           "norm is over each image",
       .rows =
           with(anime_wgan(), {{"image-size", "256"}, {"model", "anime-wgan256"}, {"norm", "none"}, {"batch", "16"}})},
  };
}

}  // namespace

std::span<const Preset> presets() {
  static const std::vector<Preset> all = make_presets();
  return all;
}

std::vector<Assignment> preset_assignments(std::string_view name) {
  std::vector<std::string> names;
  for (const Preset& preset : presets()) {
    names.emplace_back(preset.name);
    if (preset.name != name) continue;
    std::vector<Assignment> assignments;
    for (const Preset::Row& row : preset.rows)
      assignments.push_back({.name = std::string(row.setting),
                             .text = std::string(row.value),
                             .where = fmt::format("preset {}: {}", name, row.setting)});
    return assignments;
  }
  throw InputError(fmt::format("--preset: there is no recipe '{}'{}; accepted are {}", name, did_you_mean(name, names),
                               fmt::join(names, ", ")));
}

std::string list_of_presets() {
  std::string text =
      "Recipes for --preset. Options on the command line win over a recipe's settings. As in every run, --hold-out\n"
      "images are kept from training, where the published ones train on all.\n";
  for (const Preset& preset : presets()) {
    std::vector<std::string> settings;
    for (const Preset::Row& row : preset.rows) settings.push_back(fmt::format("--{} {}", row.setting, row.value));
    text += fmt::format("\n{}\n", preset.name);
    text += help_entry("  what", preset.what);
    text += help_entry("  source", preset.source);
    text += help_entry("  ours differs in", preset.differences);
    text += help_entry("  settings", fmt::format("{}", fmt::join(settings, " ")));
  }
  return text;
}

}  // namespace gan
