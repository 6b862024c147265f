#include "engine/settings/training_settings.h"

#include <fmt/format.h>

#include <limits>

#include "engine/data/point_sets.h"
#include "kernels/core/contract/error.h"
#include "kernels/core/contract/precision.h"

namespace gan {

namespace {

using Rows = std::vector<Setting>;

bool is_wasserstein(const TrainingOptions& o) { return o.objective == "wgan" || o.objective == "wgan-gp"; }

constexpr std::string_view kData = "Data", kModel = "Networks and objective", kLength = "Length",
                           kOptimiser = "Optimiser", kMachine = "Machine", kFolder = "Run folder",
                           kResume = "Going on, and checking";

constexpr std::int64_t kRarely = std::int64_t{1} << 40;                              // iterations: as good as never
constexpr std::int64_t kLargestInConfig = std::numeric_limits<std::int64_t>::max();  // TOML has no larger number
constexpr RealRange::End kExcluded = RealRange::End::Excluded;
constexpr RealRange kRates{.low = 0, .high = 10, .at_low = kExcluded};
constexpr RealRange kDecays{.low = 0, .high = 1, .at_high = kExcluded};
constexpr RealRange kLengths{.low = 0, .high = 1e9};

Rows data_rows(TrainingOptions& o) {
  const Condition with_images{[&o] { return data_kind(o.data) == DataKind::Images; }, "--data of images"};
  return {
      {.name = "data",
       .group = kData,
       .placeholder = "WHAT",
       .help = "what to learn: a folder of PNG, JPEG and WebP images (with its subfolders; any mix of sizes) or a zip "
               "archive of them, an IDX file (gzipped or not), a NumPy .npy file of bytes (N,H,W), (N,H,W,C) or "
               "(N,C,H,W), CIFAR-10's binary batches (a folder or one file), fashion-mnist, shapes (drawn by the "
               "program; needs no files), or points on the line or in the plane, for --model mlp: gaussian-1d, ring8, "
               "grid25, swiss-roll, lines",
       .value = &o.data,
       .accepted = NotEmpty{"a folder of images, an IDX, .npy, CIFAR-10 or zip file, fashion-mnist, shapes and sets of "
                            "points"}},
      {.name = "image-size",
       .group = kData,
       .placeholder = "N|WxH",
       .help = "pixels a side, or width x height, 16 to 256; images are resized to cover it and cropped at the centre",
       .value = SidesValue{.width = &o.image_width, .height = &o.image_height},
       .accepted = WholeRange{16, 256},
       .only_with = with_images},
      {.name = "channels",
       .group = kData,
       .placeholder = "1|3",
       .help = "1: grey, 3: colour",
       .value = &o.channels,
       .accepted = WholeChoices{{0, 1, 3}, "1 (grey), 3 (colour) and 0 (as the data)"},
       .only_with = with_images,
       .default_note = "as the data; 0 asks for that"},
      {.name = "flip",
       .group = kData,
       .placeholder = "",
       .help = "show every other image mirrored, at random: twice the data where left and right do not matter",
       .value = &o.flip,
       .only_with = with_images,
       .default_note = "off"},
      {.name = "hold-out",
       .group = kData,
       .placeholder = "N",
       .help =
           "images, chosen by --seed, that training never sees: what D makes of them tells whether it knows the others "
           "by heart; at most a twentieth of the data",
       .value = &o.hold_out,
       .accepted = WholeRange{0, kMostImagesAtOnce}},
      {.name = "skip-damaged",
       .group = kData,
       .placeholder = "",
       .help = "leave out images of a folder or an archive that cannot be decoded, naming each; without it one of them "
               "stops the run",
       .value = &o.skip_damaged,
       .default_note = "off",
       .decides_result = false},
      {.name = "cache",
       .group = kData,
       .placeholder = "FILE|DIR",
       .help =
           "keep the decoded images in this file, or in one of this folder (a new folder's name ends in /), for the "
           "next run with the same files, by content, and size",
       .value = &o.cache,
       .only_with = {[&o] { return o.data != "shapes" && data_kind(o.data) == DataKind::Images; },
                     "--data that is read from files"},
       .default_note = "not kept",
       .decides_result = false},
  };
}

Rows model_rows(TrainingOptions& o) {
  return {
      {.name = "model",
       .group = kModel,
       .placeholder = "NAME",
       .help =
           "dcgan: convolutional (Radford et al. 2015); mlp: fully connected (Goodfellow et al. 2014); resnet: "
           "residual "
           "(Gulrajani et al. 2017, Miyato et al. 2018); anime-dcgan, anime-wgan, anime-wganp, anime-wgan256: those of "
           "the anime-face project, see --preset",
       .value = &o.model,
       .accepted = Choices{model_names()}},
      {.name = "width",
       .group = kModel,
       .placeholder = "N",
       .help =
           "channels of the layer next to the image; the deeper ones are multiples of it. Work grows with its square. "
           "Published: 64, resnet up to 32 a side 128; the anime models' numbers are multiples of 64",
       .value = &o.width,
       .accepted = WholeRange{1, 1024}},
      {.name = "latent",
       .group = kModel,
       .placeholder = "N",
       .help = "length of the latent vector z ~ N(0, 1)",
       .value = &o.latent,
       .accepted = WholeRange{1, 4096}},
      {.name = "norm",
       .group = kModel,
       .placeholder = "KIND",
       .help = "normalisation in the discriminator: batch, instance, layer or none; a gradient penalty wants one that "
               "looks at each image by itself. auto: batch in dcgan and anime-dcgan, instance in anime-wgan and "
               "anime-wganp, else none",
       .value = &o.norm,
       .accepted = Choices{{"auto", "batch", "instance", "layer", "none"}}},
      {.name = "upsample",
       .group = kModel,
       .placeholder = "transposed|nearest",
       .help =
           "how dcgan's generator doubles sides: by transposed 4x4 convolutions, or by copying pixels before 3x3 ones, "
           "which leaves no checkerboards",
       .value = &o.upsample,
       .accepted = Choices{{"transposed", "nearest"}},
       .only_with = {[&o] { return o.model == "dcgan"; }, "--model dcgan"}},
      {.name = "spectral-norm",
       .group = kModel,
       .placeholder = "",
       .help = "divide every weight of the discriminator by its largest singular value (Miyato et al. 2018)",
       .value = &o.spectral_norm,
       .default_note = "off"},
      {.name = "objective",
       .group = kModel,
       .placeholder = "NAME",
       .help =
           "non-saturating: G minimises -log D(G(z)); minimax: G minimises log(1 - D(G(z))), the 2014 paper's game; "
           "least-squares: D takes real images to 1 and generated ones to 0; hinge: D keeps them beyond 1 and -1; "
           "relativistic: D tells which of a real and a generated image is the real one, as in R3GAN; "
           "wgan: Wasserstein critic with clipped weights; wgan-gp: Wasserstein critic with a gradient penalty",
       .value = &o.objective,
       .accepted = Choices{{"non-saturating", "minimax", "least-squares", "hinge", "relativistic", "wgan", "wgan-gp"}}},
      {.name = "clip",
       .group = kModel,
       .placeholder = "C",
       .help = "the critic's weights are kept in [-C, C]",
       .value = &o.clip,
       .accepted = RealRange{.low = 0, .high = 10, .at_low = kExcluded},
       .only_with = {[&o] { return o.objective == "wgan"; }, "--objective wgan"}},
      {.name = "lambda",
       .group = kModel,
       .placeholder = "X",
       .help = "weight of the penalty on the norm of the critic's gradient",
       .value = &o.lambda,
       .accepted = RealRange{.low = 0, .high = 1e6, .at_low = kExcluded},
       .only_with = {[&o] { return o.objective == "wgan-gp"; }, "--objective wgan-gp"}},
      {.name = "gp-side",
       .group = kModel,
       .placeholder = "two|one",
       .help = "two: norms above and below 1 are penalised; one: only those above",
       .value = &o.gp_side,
       .accepted = Choices{{"two", "one"}},
       .only_with = {[&o] { return o.objective == "wgan-gp"; }, "--objective wgan-gp"}},
      {.name = "gp-norm",
       .group = kModel,
       .placeholder = "sample|channel",
       .help =
           "what --lambda's norm is taken over. sample: the gradient of a whole image, as it must be; channel: every "
           "pixel's channels by themselves, a widespread mistake, for comparison: the gradient of an image then tends "
           "to a norm of sqrt(H W), not of 1",
       .value = &o.gp_norm,
       .accepted = Choices{{"sample", "channel"}},
       .only_with = {[&o] { return o.objective == "wgan-gp"; }, "--objective wgan-gp"}},
      {.name = "r1",
       .group = kModel,
       .placeholder = "GAMMA",
       .help = "penalty GAMMA / 2 E[|grad D(x)|^2] at real images (Mescheder et al. 2018); 0: none",
       .value = &o.r1,
       .accepted = RealRange{.low = 0, .high = 1e6},
       .only_with = {[&o] { return !is_wasserstein(o); }, "objectives other than wgan and wgan-gp"}},
      {.name = "r2",
       .group = kModel,
       .placeholder = "GAMMA",
       .help = "the same at generated images",
       .value = &o.r2,
       .accepted = RealRange{.low = 0, .high = 1e6},
       .only_with = {[&o] { return !is_wasserstein(o); }, "objectives other than wgan and wgan-gp"}},
      {.name = "penalty-every",
       .group = kModel,
       .placeholder = "N",
       .help = "R1 and R2 in every N-th iteration only, N times as strong: nearly the same effect for less work "
               "(Karras et al. 2020)",
       .value = &o.penalty_every,
       .accepted = WholeRange{1, 1000},
       .only_with = {[&o] { return o.r1 > 0 || o.r2 > 0; }, "--r1 or --r2"}},
      {.name = "force-penalty",
       .group = kModel,
       .placeholder = "",
       .help = "penalise the gradient of a discriminator with batch norm all the same: it then depends on the other "
               "images of the batch",
       .value = &o.force_penalty,
       .default_note = "off"},
      {.name = "label-smoothing",
       .group = kModel,
       .placeholder = "S",
       .help = "D's target for real images is 1 - S; 0.1 keeps D from growing overconfident",
       .value = &o.label_smoothing,
       .accepted = RealRange{.low = 0, .high = 0.5, .at_high = kExcluded},
       .only_with = {[&o] { return o.objective == "non-saturating" || o.objective == "minimax"; },
                     "--objective non-saturating or minimax"}},
      {.name = "d-steps",
       .group = kModel,
       .placeholder = "K",
       .help = "discriminator updates for each generator update (k of Algorithm 1)",
       .value = &o.d_steps,
       .accepted = WholeRange{1, 100}},
      {.name = "d-steps-early",
       .group = kModel,
       .placeholder = "K",
       .help = "as many in early iterations, which bring a new critic near its optimum; 0: --d-steps there, too",
       .value = &o.d_steps_early,
       .accepted = WholeRange{0, 1000}},
      {.name = "early-iterations",
       .group = kModel,
       .placeholder = "N",
       .help = "early are the first N iterations, and every 500th (as in the code of Arjovsky et al. 2017)",
       .value = &o.early_iterations,
       .accepted = WholeRange{0, kRarely},
       .only_with = {[&o] { return o.d_steps_early > 0; }, "--d-steps-early"}},
      {.name = "reuse-noise",
       .group = kModel,
       .placeholder = "",
       .help =
           "the generator's update judges the discriminator's last fakes again, as PyTorch's DCGAN example does: less "
           "work than fresh ones",
       .value = &o.reuse_noise,
       .default_note = "off"},
  };
}

Rows length_rows(TrainingOptions& o) {
  return {
      {.name = "batch",
       .group = kLength,
       .placeholder = "N",
       .help = "images in a batch",
       .value = &o.batch,
       .accepted = WholeRange{1, kMostImagesAtOnce}},
      {.name = "iterations",
       .group = kLength,
       .placeholder = "N",
       .help = "train for N iterations: K discriminator updates and a generator update each",
       .value = &o.iterations,
       .accepted = WholeRange{0, kRarely},
       .alternative_of = kLength,
       .default_note = "by epochs",
       .decides_result = false},
      {.name = "epochs",
       .group = kLength,
       .placeholder = "X",
       .help = "train for X passes over the data",
       .value = &o.epochs,
       .accepted = kLengths,
       .alternative_of = kLength,
       .default_note = "20",
       .decides_result = false},
      {.name = "minutes",
       .group = kLength,
       .placeholder = "X",
       .help = "train for X minutes of wall-clock time; --resume goes on for as many again",
       .value = &o.minutes,
       .accepted = kLengths,
       .alternative_of = kLength,
       .default_note = "by epochs",
       .decides_result = false},
  };
}

Rows optimiser_rows(TrainingOptions& o) {
  return {
      {.name = "lr",
       .group = kOptimiser,
       .placeholder = "X",
       .help = "learning rate of both networks",
       .value = PairValue{.first = &o.g_lr, .second = &o.d_lr},
       .accepted = kRates,
       .place = SettingPlace::NotRecorded},
      {.name = "g-lr",
       .group = kOptimiser,
       .placeholder = "X",
       .help = "learning rate of the generator",
       .value = &o.g_lr,
       .accepted = kRates,
       .default_note = "--lr"},
      {.name = "d-lr",
       .group = kOptimiser,
       .placeholder = "X",
       .help = "learning rate of the discriminator",
       .value = &o.d_lr,
       .accepted = kRates,
       .default_note = "--lr"},
      {.name = "lr-schedule",
       .group = kOptimiser,
       .placeholder = "NAME",
       .help =
           "how both rates fall over the run's iterations: constant: not at all; linear or cosine: to 0 at its end; a "
           "run of --minutes then first measures how many iterations fit",
       .value = &o.lr_schedule,
       .accepted = Choices{{"constant", "linear", "cosine"}}},
      {.name = "optimizer",
       .group = kOptimiser,
       .placeholder = "adam|rmsprop|sgd",
       .help = "of both networks",
       .value = &o.optimizer,
       .accepted = Choices{{"adam", "rmsprop", "sgd"}}},
      {.name = "beta1",
       .group = kOptimiser,
       .placeholder = "X",
       .help = "decay of Adam's mean of gradients",
       .value = &o.beta1,
       .accepted = kDecays},
      {.name = "beta2",
       .group = kOptimiser,
       .placeholder = "X",
       .help = "decay of the mean of squared gradients (Adam; RMSProp's alpha)",
       .value = &o.beta2,
       .accepted = kDecays},
      {.name = "momentum",
       .group = kOptimiser,
       .placeholder = "X",
       .help = "of sgd, without dampening and as Polyak's, not Nesterov's; 0: plain gradient descent",
       .value = &o.momentum,
       .accepted = kDecays,
       .only_with = {[&o] { return o.optimizer == "sgd"; }, "--optimizer sgd"}},
      {.name = "weight-decay",
       .group = kOptimiser,
       .placeholder = "X",
       .help = "weight decay, added to the gradient as in torch.optim",
       .value = &o.weight_decay,
       .accepted = RealRange{.low = 0, .high = 1}},
      {.name = "ema",
       .group = kOptimiser,
       .placeholder = "X",
       .help = "decay of the running average of the generator's weights, which draws the samples; 0 switches it off",
       .value = &o.ema,
       .accepted = kDecays},
      {.name = "seed",
       .group = kOptimiser,
       .placeholder = "N",
       .help = "of every random number; the same seed, device and --threads give the same bytes",
       .value = &o.seed,
       .accepted = WholeRange{0, kLargestInConfig}},
  };
}

Rows machine_rows(TrainingOptions& o) {
  return {
      {.name = "device",
       .group = kMachine,
       .placeholder = "auto|cuda|cpu",
       .help = "auto: the first NVIDIA GPU if there is one, else the CPU",
       .value = &o.device,
       .accepted = Choices{{"auto", "cuda", "cpu"}}},
      {.name = "precision",
       .group = kMachine,
       .placeholder = "fp32|bf16",
       .help =
           "of the factors that convolutions and linear layers multiply. bf16: rounded to 8 significant bits, which is "
           "up to twice as fast on CPUs with AVX512-BF16; sums, weights and everything else stay fp32",
       .value = &o.precision,
       .accepted = Choices{{name_of(Precision::Fp32), name_of(Precision::Bf16)}},
       .only_with = {[&o] { return o.trace == 0; }, "--trace 0"}},
      {.name = "threads",
       .group = kMachine,
       .placeholder = "N",
       .help = "CPU threads",
       .value = &o.threads,
       .accepted = WholeRange{0, 1024},
       .default_note = "all cores; 0 asks for that"},
  };
}

Rows folder_rows(TrainingOptions& o) {
  return {
      {.name = "out",
       .group = kFolder,
       .placeholder = "DIR",
       .help = "folder of the run; it must be new or empty",
       .value = &o.out,
       .default_note = "runs/DATA-MODEL-N, the first free N",
       .place = SettingPlace::NotRecorded,
       .decides_result = false},
      {.name = "log-every",
       .group = kFolder,
       .placeholder = "N",
       .help = "iterations between lines of log.jsonl",
       .value = &o.log_every,
       .accepted = WholeRange{1, kRarely},
       .decides_result = false},
      {.name = "watch-every",
       .group = kFolder,
       .placeholder = "N",
       .help = "iterations between looks at both players, which log D's gap and gradient norms and the diversity of "
               "images, and sound alarms; 0: never",
       .value = &o.watch_every,
       .accepted = WholeRange{0, kRarely},
       .decides_result = false},
      {.name = "sample-every",
       .group = kFolder,
       .placeholder = "N",
       .help = "iterations between sample grids (always of the same latents); 0: only at the end",
       .value = &o.sample_every,
       .accepted = WholeRange{0, kRarely},
       .decides_result = false},
      {.name = "sample-count",
       .group = kFolder,
       .placeholder = "N",
       .help = "images in a sample grid; of points 2048 are shown",
       .value = &o.sample_count,
       .accepted = WholeRange{1, 4096},
       .decides_result = false},
      {.name = "checkpoint-every",
       .group = kFolder,
       .placeholder = "N",
       .help = "iterations between checkpoints; 0: only at the end",
       .value = &o.checkpoint_every,
       .accepted = WholeRange{0, kRarely},
       .decides_result = false},
      {.name = "keep",
       .group = kFolder,
       .placeholder = "N",
       .help = "newest checkpoints to keep",
       .value = &o.keep,
       .accepted = WholeRange{1, 1'000'000},
       .decides_result = false},
  };
}

Rows resume_rows(TrainingOptions& o) {
  return {
      {.name = "resume",
       .group = kResume,
       .placeholder = "DIR",
       .help = "go on with the run in this folder, with its config.toml, from its newest whole checkpoint",
       .value = &o.resume,
       .default_note = "a new run",
       .place = SettingPlace::CommandLineOnly,
       .decides_result = false},
      {.name = "allow-config-change",
       .group = kResume,
       .placeholder = "",
       .help = "with --resume: accept options that differ from the run's own and would change its result",
       .value = &o.allow_config_change,
       .only_with = {[&o] { return !o.resume.empty(); }, "--resume DIR"},
       .default_note = "off",
       .place = SettingPlace::CommandLineOnly,
       .decides_result = false},
      {.name = "trace",
       .group = kResume,
       .placeholder = "N",
       .help = "record every tensor of the first N iterations, for tools/verify_pytorch.py",
       .value = &o.trace,
       .accepted = WholeRange{0, 10'000},
       .decides_result = false},
  };
}

}  // namespace

std::vector<Setting> training_settings(TrainingOptions& o) {
  Rows all;
  for (const auto group : {data_rows, model_rows, length_rows, optimiser_rows, machine_rows, folder_rows, resume_rows})
    for (Setting& row : group(o)) all.push_back(std::move(row));
  return all;
}

FeatureShape image_shape(const TrainingOptions& o, std::int64_t channels) {
  if (const int dimension = point_dimension(o.data); dimension > 0) return {1, 1, dimension};
  return {o.image_height, o.image_width, channels};
}

ModelOptions model_options(const TrainingOptions& o, std::int64_t channels) {
  return {.model = o.model,
          .image = image_shape(o, channels),
          .latent = o.latent,
          .d_norm = norm_kind(o.norm),
          .upsample = upsample_kind(o.upsample),
          .spectral_norm = o.spectral_norm,
          .width = o.width};
}

std::vector<std::string> result_changes(const TrainingOptions& before, const TrainingOptions& now) {
  TrainingOptions old_options = before, new_options = now;
  return result_changes(SettingTable(old_options, training_settings), SettingTable(new_options, training_settings));
}

}  // namespace gan
