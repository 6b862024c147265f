// Everything a training run is asked to do. The command line and config.toml fill this in; the engine reads it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace gan {

/// Field defaults are the program's defaults. The table of settings (training_settings.h) says what each may be.
struct TrainingOptions {
  // data
  std::string data = "fashion-mnist";  ///< --data: "fashion-mnist", "shapes", a set of points, or a path (load.h)
  std::int64_t image_height = 32;      ///< --image-size N | WxH: what every image is resized and cropped to
  std::int64_t image_width = 32;
  std::int64_t channels = 0;    ///< --channels 1|3; 0: as the data; points have none
  bool flip = false;            ///< --flip: mirror half of the images
  std::int64_t hold_out = 256;  ///< --hold-out N images from training, to watch D with
  bool skip_damaged = false;    ///< --skip-damaged: leave out images that cannot be decoded
  std::filesystem::path cache;  ///< --cache FILE | DIR: keep the decoded images there; empty: nowhere

  // model and objective
  std::string model = "dcgan";               ///< --model: a name of model_names()
  std::int64_t width = 64;                   ///< --width
  std::int64_t latent = 100;                 ///< --latent
  std::string norm = "auto";                 ///< --norm auto | batch | instance | layer | none: in the discriminator
  std::string upsample = "transposed";       ///< --upsample transposed | nearest: in dcgan's generator
  bool spectral_norm = false;                ///< --spectral-norm: in the discriminator
  std::string objective = "non-saturating";  ///< --objective: a name of objective_names()
  double clip = 0.01;                        ///< --clip: WGAN keeps the critic's weights in [-clip, clip]
  double lambda = 10;                        ///< --lambda: weight of WGAN-GP's penalty
  std::string gp_side = "two";               ///< --gp-side two | one
  std::string gp_norm = "sample";            ///< --gp-norm sample | channel: what the penalised norm is taken over
  double r1 = 0, r2 = 0;                     ///< --r1, --r2: gamma of the penalties at real and generated images
  std::int64_t penalty_every = 1;            ///< --penalty-every iterations: R1 and R2, times as many
  bool force_penalty = false;                ///< --force-penalty: on a discriminator with batch norm, too
  double label_smoothing = 0;                ///< --label-smoothing S: real target 1 - S
  int d_steps = 1;                           ///< --d-steps: k of Algorithm 1
  int d_steps_early = 0;                     ///< --d-steps-early: k of early iterations; 0: --d-steps
  std::int64_t early_iterations = 25;        ///< --early-iterations
  bool reuse_noise = false;                  ///< --reuse-noise: the G step judges the D step's fakes again

  // length
  std::int64_t batch = 64;      ///< --batch
  std::int64_t iterations = 0;  ///< --iterations; exactly one of the three is positive
  double epochs = 0;            ///< --epochs
  double minutes = 0;           ///< --minutes

  // optimisation
  double g_lr = 2e-4, d_lr = 2e-4;       ///< --lr sets both, --g-lr and --d-lr one
  std::string lr_schedule = "constant";  ///< --lr-schedule constant | linear | cosine
  std::string optimizer = "adam";        ///< --optimizer adam | rmsprop | sgd
  double beta1 = 0.5, beta2 = 0.999;
  double momentum = 0.9;  ///< --momentum: of sgd
  double weight_decay = 0;
  double ema = 0.999;  ///< --ema: decay of the generator's running average; 0 switches it off
  std::uint64_t seed = 1;

  // machine
  std::string device = "auto";     ///< --device auto | cuda | cpu
  std::string precision = "fp32";  ///< --precision fp32 | bf16: of products
  int threads = 0;                 ///< --threads: CPU threads; 0: all cores

  // the run folder
  std::filesystem::path out;             ///< --out; empty: runs/DATA-MODEL-N, the first free N
  std::int64_t log_every = 50;           ///< --log-every iterations
  std::int64_t watch_every = 500;        ///< --watch-every iterations; 0: never
  std::int64_t sample_every = 500;       ///< --sample-every iterations; 0: only at the end
  std::int64_t sample_count = 64;        ///< --sample-count images in a grid
  std::int64_t checkpoint_every = 1000;  ///< --checkpoint-every iterations; 0: only at the end
  int keep = 3;                          ///< --keep newest checkpoints
  std::filesystem::path resume;          ///< --resume DIR: go on with the run in this folder
  bool allow_config_change = false;      ///< --allow-config-change
  std::int64_t trace = 0;                ///< --trace N: record the first N iterations for tools/verify_pytorch.py
};

/// Throws InputError, naming the option as the user typed it, for values out of range (the table's business) and for
/// settings that contradict each other.
void check_options(const TrainingOptions& options);

}  // namespace gan
