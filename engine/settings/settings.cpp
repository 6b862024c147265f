#include "engine/settings/settings.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <system_error>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

using Options = TrainingOptions;

constexpr std::string_view kData = "Data", kModel = "Networks and objective", kLength = "Length",
                           kOptimiser = "Optimiser (Adam)", kMachine = "Machine", kFolder = "Run folder",
                           kResume = "Going on, and checking";

const Setting kSettings[] = {
    {.name = "data",
     .group = kData,
     .placeholder = "WHAT",
     .help = "what to learn: a folder of PNG and JPEG images (with its subfolders; any mix of sizes), an IDX file "
             "(gzipped or not), fashion-mnist, or shapes (drawn by the program; needs no files)",
     .member = &Options::data},
    {.name = "image-size",
     .group = kData,
     .placeholder = "N|WxH",
     .help = "pixels a side, or width x height, 16 to 256; images are resized to cover it and cropped at the centre",
     .member = ImageSizeMembers{}},
    {.name = "channels",
     .group = kData,
     .placeholder = "1|3",
     .help = "1: grey, 3: colour",
     .member = &Options::channels,
     .default_note = "as the data; 0 asks for that"},
    {.name = "flip",
     .group = kData,
     .placeholder = "",
     .help = "show every other image mirrored, at random: twice the data where left and right do not matter",
     .member = &Options::flip,
     .default_note = "off"},

    {.name = "model",
     .group = kModel,
     .placeholder = "dcgan|mlp",
     .help = "dcgan: convolutional (Radford et al. 2015); mlp: fully connected (Goodfellow et al. 2014)",
     .member = &Options::model},
    {.name = "width",
     .group = kModel,
     .placeholder = "N",
     .help = "channels of the layer next to the image; the deeper ones are multiples of it. Work grows with its square",
     .member = &Options::width},
    {.name = "latent",
     .group = kModel,
     .placeholder = "N",
     .help = "length of the latent vector z ~ N(0, 1)",
     .member = &Options::latent},
    {.name = "objective",
     .group = kModel,
     .placeholder = "NAME",
     .help = "non-saturating: G minimises -log D(G(z)); minimax: G minimises log(1 - D(G(z))), the 2014 paper's game",
     .member = &Options::objective},
    {.name = "label-smoothing",
     .group = kModel,
     .placeholder = "S",
     .help = "D's target for real images is 1 - S; 0.1 keeps D from growing overconfident",
     .member = &Options::label_smoothing},
    {.name = "d-steps",
     .group = kModel,
     .placeholder = "K",
     .help = "discriminator updates for each generator update (k of Algorithm 1)",
     .member = &Options::d_steps},

    {.name = "batch", .group = kLength, .placeholder = "N", .help = "images in a batch", .member = &Options::batch},
    {.name = "iterations",
     .group = kLength,
     .placeholder = "N",
     .help = "train for N iterations: K discriminator updates and a generator update each",
     .member = &Options::iterations,
     .default_note = "by epochs",
     .decides_result = false},
    {.name = "epochs",
     .group = kLength,
     .placeholder = "X",
     .help = "train for X passes over the data",
     .member = &Options::epochs,
     .default_note = "20",
     .decides_result = false},
    {.name = "minutes",
     .group = kLength,
     .placeholder = "X",
     .help = "train for X minutes of wall-clock time; --resume goes on for as many again",
     .member = &Options::minutes,
     .default_note = "by epochs",
     .decides_result = false},

    {.name = "lr",
     .group = kOptimiser,
     .placeholder = "X",
     .help = "learning rate of both networks",
     .member = LearningRateMembers{},
     .place = SettingPlace::NotRecorded},
    {.name = "g-lr",
     .group = kOptimiser,
     .placeholder = "X",
     .help = "learning rate of the generator",
     .member = &Options::g_lr,
     .default_note = "--lr"},
    {.name = "d-lr",
     .group = kOptimiser,
     .placeholder = "X",
     .help = "learning rate of the discriminator",
     .member = &Options::d_lr,
     .default_note = "--lr"},
    {.name = "beta1",
     .group = kOptimiser,
     .placeholder = "X",
     .help = "decay of Adam's mean of gradients",
     .member = &Options::beta1},
    {.name = "beta2",
     .group = kOptimiser,
     .placeholder = "X",
     .help = "decay of Adam's mean of squared gradients",
     .member = &Options::beta2},
    {.name = "weight-decay",
     .group = kOptimiser,
     .placeholder = "X",
     .help = "weight decay, as in torch.optim.Adam",
     .member = &Options::weight_decay},
    {.name = "ema",
     .group = kOptimiser,
     .placeholder = "X",
     .help = "decay of the running average of the generator's weights, which draws the samples; 0 switches it off",
     .member = &Options::ema},
    {.name = "seed",
     .group = kOptimiser,
     .placeholder = "N",
     .help = "of every random number; the same seed, device and --threads give the same bytes",
     .member = &Options::seed},

    {.name = "device",
     .group = kMachine,
     .placeholder = "auto|cuda|cpu",
     .help = "auto: the first NVIDIA GPU if there is one, else the CPU",
     .member = &Options::device},
    {.name = "threads",
     .group = kMachine,
     .placeholder = "N",
     .help = "CPU threads",
     .member = &Options::threads,
     .default_note = "all cores; 0 asks for that"},

    {.name = "out",
     .group = kFolder,
     .placeholder = "DIR",
     .help = "folder of the run; it must be new or empty",
     .member = &Options::out,
     .default_note = "runs/DATA-MODEL-N, the first free N",
     .place = SettingPlace::NotRecorded,
     .decides_result = false},
    {.name = "log-every",
     .group = kFolder,
     .placeholder = "N",
     .help = "iterations between lines of log.jsonl",
     .member = &Options::log_every,
     .decides_result = false},
    {.name = "sample-every",
     .group = kFolder,
     .placeholder = "N",
     .help = "iterations between sample grids (always of the same latents); 0: only at the end",
     .member = &Options::sample_every,
     .decides_result = false},
    {.name = "sample-count",
     .group = kFolder,
     .placeholder = "N",
     .help = "images in a sample grid",
     .member = &Options::sample_count,
     .decides_result = false},
    {.name = "checkpoint-every",
     .group = kFolder,
     .placeholder = "N",
     .help = "iterations between checkpoints; 0: only at the end",
     .member = &Options::checkpoint_every,
     .decides_result = false},
    {.name = "keep",
     .group = kFolder,
     .placeholder = "N",
     .help = "newest checkpoints to keep",
     .member = &Options::keep,
     .decides_result = false},

    {.name = "resume",
     .group = kResume,
     .placeholder = "DIR",
     .help = "go on with the run in this folder, with its config.toml, from its newest whole checkpoint",
     .member = &Options::resume,
     .default_note = "a new run",
     .place = SettingPlace::CommandLineOnly,
     .decides_result = false},
    {.name = "allow-config-change",
     .group = kResume,
     .placeholder = "",
     .help = "with --resume: accept options that differ from the run's own and would change its result",
     .member = &Options::allow_config_change,
     .default_note = "off",
     .place = SettingPlace::CommandLineOnly,
     .decides_result = false},
    {.name = "trace",
     .group = kResume,
     .placeholder = "N",
     .help = "record every tensor of the first N iterations, for tools/verify_pytorch.py",
     .member = &Options::trace,
     .decides_result = false},
};

template <class Integer>
Integer parse_whole(std::string_view text) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) throw InputError(fmt::format("{} is too large a number", text));
  if (error != std::errc() || end != text.data() + text.size()) {
    const bool negative = text.size() > 1 && text[0] == '-' && text.find_first_not_of("0123456789", 1) == text.npos;
    if (negative) throw InputError(fmt::format("{} is negative", text));
    throw InputError(fmt::format("'{}' is not a whole number", text));
  }
  return value;
}

double parse_real(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) throw InputError(fmt::format("{} is beyond the range of numbers", text));
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    throw InputError(fmt::format("'{}' is not a number", text));
  return value;
}

bool parse_flag(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  throw InputError(fmt::format("'{}' is neither true nor false", text));
}

void parse_image_size(std::string_view text, Options& options) {
  const std::size_t cross = text.find('x');
  try {
    options.image_width = parse_whole<std::int64_t>(text.substr(0, cross));
    options.image_height = cross == text.npos ? options.image_width : parse_whole<std::int64_t>(text.substr(cross + 1));
  } catch (const InputError&) {
    throw InputError(fmt::format("'{}' is not an image size; accepted are N and WxH, as in 64 or 96x64", text));
  }
}

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace

std::span<const Setting> settings() { return kSettings; }

const Setting* find_setting(std::string_view name) {
  for (const Setting& setting : kSettings)
    if (setting.name == name) return &setting;
  return nullptr;
}

bool is_length(std::string_view name) { return name == "iterations" || name == "epochs" || name == "minutes"; }

void clear_length(TrainingOptions& options) {
  options.iterations = 0;
  options.epochs = options.minutes = 0;
}

SettingKind kind(const Setting& setting) {
  return std::visit(Overloaded{
                        [](std::string Options::*) { return SettingKind::Text; },
                        [](std::filesystem::path Options::*) { return SettingKind::Text; },
                        [](bool Options::*) { return SettingKind::Flag; },
                        [](double Options::*) { return SettingKind::Real; },
                        [](LearningRateMembers) { return SettingKind::Real; },
                        [](ImageSizeMembers) { return SettingKind::ImageSize; },
                        [](auto) { return SettingKind::Whole; },
                    },
                    setting.member);
}

std::string_view describe(SettingKind kind) {
  switch (kind) {
    case SettingKind::Text: return "a string";
    case SettingKind::Whole: return "a whole number";
    case SettingKind::Real: return "a number";
    case SettingKind::Flag: return "true or false";
    case SettingKind::ImageSize: return "a whole number or a string \"WxH\"";
  }
  throw Error("a setting of no kind");
}

std::string value_text(const Setting& setting, const TrainingOptions& options) {
  return std::visit(
      Overloaded{
          [&](std::filesystem::path Options::*member) { return (options.*member).string(); },
          [&](ImageSizeMembers) { return fmt::format("{}x{}", options.image_width, options.image_height); },
          [&](LearningRateMembers) { return fmt::format("{}", options.g_lr); },
          [&](auto member) { return fmt::format("{}", options.*member); },
      },
      setting.member);
}

void set_value(const Setting& setting, std::string_view text, TrainingOptions& options) {
  std::visit(Overloaded{
                 [&](std::string Options::*member) { options.*member = text; },
                 [&](std::filesystem::path Options::*member) { options.*member = text; },
                 [&](bool Options::*member) { options.*member = parse_flag(text); },
                 [&](double Options::*member) { options.*member = parse_real(text); },
                 [&](ImageSizeMembers) { parse_image_size(text, options); },
                 [&](LearningRateMembers) { options.g_lr = options.d_lr = parse_real(text); },
                 [&]<class Integer>(Integer Options::*member) { options.*member = parse_whole<Integer>(text); },
             },
             setting.member);
}

std::vector<std::string> result_changes(const TrainingOptions& before, const TrainingOptions& now) {
  std::vector<std::string> changes;
  for (const Setting& setting : kSettings) {
    if (!setting.decides_result || setting.place != SettingPlace::Everywhere) continue;
    const std::string old_value = value_text(setting, before), new_value = value_text(setting, now);
    if (old_value != new_value)
      changes.push_back(fmt::format("--{} was {}, now {}", setting.name, old_value, new_value));
  }
  return changes;
}

}  // namespace gan
