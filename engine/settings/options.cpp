#include "engine/settings/options.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "engine/settings/nearest_match.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

void check_whole(std::string_view option, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high)
    throw InputError(fmt::format("{}: {} is out of range; accepted are {} to {}", option, value, low, high));
}

/// `accepted` says the range in words. Every range has two ends, so NaN and infinities lie in none.
void check_real(std::string_view option, double value, bool in_range, std::string_view accepted) {
  if (!in_range) throw InputError(fmt::format("{}: {} is out of range; accepted is {}", option, value, accepted));
}

void check_name(std::string_view option, const std::string& value, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (value == name) return;
  throw InputError(fmt::format("{}: '{}' is unknown; accepted are {}{}", option, value, fmt::join(names, ", "),
                               did_you_mean(value, names)));
}

void check_data(const TrainingOptions& o) {
  constexpr std::int64_t kSmallestSide = 16, kLargestSide = 256;
  if (o.data.empty())
    throw InputError("--data: is empty; accepted are a folder of images, an IDX file, fashion-mnist and shapes");
  check_whole("--image-size", o.image_width, kSmallestSide, kLargestSide);
  check_whole("--image-size", o.image_height, kSmallestSide, kLargestSide);
  if (o.channels != 0 && o.channels != 1 && o.channels != 3)
    throw InputError(fmt::format(
        "--channels: {} is not accepted; accepted are 1 (grey), 3 (colour) and 0 (as the data)", o.channels));
}

void check_model(const TrainingOptions& o) {
  check_name("--model", o.model, {"dcgan", "mlp"});
  check_whole("--width", o.width, 1, 1024);
  check_whole("--latent", o.latent, 1, 4096);
  check_name("--objective", o.objective, {"non-saturating", "minimax"});
  check_real("--label-smoothing", o.label_smoothing, o.label_smoothing >= 0 && o.label_smoothing < 0.5,
             "0 or more and less than 0.5");
  check_whole("--d-steps", o.d_steps, 1, 100);
}

void check_length(const TrainingOptions& o) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  constexpr double kLongest = 1e9;
  check_whole("--batch", o.batch, 1, 65536);
  if (o.model == "dcgan" && o.batch < 2)
    throw InputError(
        fmt::format("--batch: {} is too small for dcgan, whose batch norm compares images of a batch; "
                    "accepted are 2 to 65536",
                    o.batch));
  if (o.iterations != 0) check_whole("--iterations", o.iterations, 1, kMost);
  if (o.epochs != 0) check_real("--epochs", o.epochs, o.epochs > 0 && o.epochs <= kLongest, "more than 0, up to 1e9");
  if (o.minutes != 0)
    check_real("--minutes", o.minutes, o.minutes > 0 && o.minutes <= kLongest, "more than 0, up to 1e9");
  const int lengths = (o.iterations != 0) + (o.epochs != 0) + (o.minutes != 0);
  if (lengths != 1)
    throw InputError(
        fmt::format("--iterations {}, --epochs {}, --minutes {}: accepted is exactly one of the three above 0",
                    o.iterations, o.epochs, o.minutes));
}

void check_optimiser(const TrainingOptions& o) {
  constexpr std::string_view kDecay = "0 or more and less than 1", kRate = "more than 0, up to 10";
  constexpr double kLargestRate = 10;
  check_real(o.g_lr == o.d_lr ? "--lr" : "--g-lr", o.g_lr, o.g_lr > 0 && o.g_lr <= kLargestRate, kRate);
  check_real("--d-lr", o.d_lr, o.d_lr > 0 && o.d_lr <= kLargestRate, kRate);
  check_real("--beta1", o.beta1, o.beta1 >= 0 && o.beta1 < 1, kDecay);
  check_real("--beta2", o.beta2, o.beta2 >= 0 && o.beta2 < 1, kDecay);
  check_real("--weight-decay", o.weight_decay, o.weight_decay >= 0 && o.weight_decay <= 1, "0 to 1");
  check_real("--ema", o.ema, o.ema >= 0 && o.ema < 1, kDecay);
}

void check_run(const TrainingOptions& o) {
  constexpr std::int64_t kRarely = std::int64_t{1} << 40;
  check_name("--device", o.device, {"auto", "cuda", "cpu"});
  check_whole("--threads", o.threads, 0, 1024);
  check_whole("--log-every", o.log_every, 1, kRarely);
  check_whole("--sample-every", o.sample_every, 0, kRarely);
  check_whole("--sample-count", o.sample_count, 1, 4096);
  check_whole("--checkpoint-every", o.checkpoint_every, 0, kRarely);
  check_whole("--keep", o.keep, 1, 1'000'000);
  check_whole("--trace", o.trace, 0, 10'000);
  if (!o.resume.empty() && !o.out.empty() && o.out != o.resume)
    throw InputError(
        fmt::format("--out {} with --resume {}: a resumed run goes on in its own folder; accepted is one of "
                    "the two",
                    o.out.string(), o.resume.string()));
  if (o.allow_config_change && o.resume.empty())
    throw InputError("--allow-config-change: means something with --resume DIR only");
}

}  // namespace

void check_options(const TrainingOptions& options) {
  check_data(options);
  check_model(options);
  check_length(options);
  check_optimiser(options);
  check_run(options);
}

}  // namespace gan
