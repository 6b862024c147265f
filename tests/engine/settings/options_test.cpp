#include "engine/settings/options.h"

#include <cmath>
#include <functional>
#include <limits>

#include "engine/data/point_sets.h"
#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using test::message_of;
using Change = std::function<void(TrainingOptions&)>;

TrainingOptions sound() {
  TrainingOptions options;
  options.epochs = 1;
  return options;
}

std::string refusal(const Change& change) {
  TrainingOptions options = sound();
  change(options);
  return message_of<InputError>([&] { check_options(options); });
}

void accepts(const Change& change) {
  TrainingOptions options = sound();
  change(options);
  CHECK_NOTHROW(check_options(options));
}

TEST_CASE("the defaults with a length are accepted", "[options]") {
  accepts([](TrainingOptions&) {});
}

TEST_CASE("whole numbers: both ends of each range and one beyond", "[options]") {
  struct Range {
    const char* option;
    std::function<void(TrainingOptions&, std::int64_t)> set;
    std::int64_t low, high;
  };
  const std::vector<Range> ranges = {
      {"--image-size", [](auto& o, auto v) { o.image_height = v; }, 16, 256},
      {"--image-size", [](auto& o, auto v) { o.image_width = v; }, 16, 256},
      {"--width", [](auto& o, auto v) { o.width = v; }, 1, 1024},
      {"--latent", [](auto& o, auto v) { o.latent = v; }, 1, 4096},
      {"--d-steps", [](auto& o, auto v) { o.d_steps = static_cast<int>(v); }, 1, 100},
      {"--batch", [](auto& o, auto v) { o.batch = v; }, 2, 65536},
      {"--threads", [](auto& o, auto v) { o.threads = static_cast<int>(v); }, 0, 1024},
      {"--log-every", [](auto& o, auto v) { o.log_every = v; }, 1, std::int64_t{1} << 40},
      {"--sample-every", [](auto& o, auto v) { o.sample_every = v; }, 0, std::int64_t{1} << 40},
      {"--sample-count", [](auto& o, auto v) { o.sample_count = v; }, 1, 4096},
      {"--checkpoint-every", [](auto& o, auto v) { o.checkpoint_every = v; }, 0, std::int64_t{1} << 40},
      {"--keep", [](auto& o, auto v) { o.keep = static_cast<int>(v); }, 1, 1'000'000},
      {"--trace", [](auto& o, auto v) { o.trace = v; }, 0, 10'000},
  };
  for (const Range& range : ranges) {
    INFO(range.option);
    accepts([&](TrainingOptions& o) { range.set(o, range.low); });
    accepts([&](TrainingOptions& o) { range.set(o, range.high); });
    for (const std::int64_t value : {range.low - 1, range.high + 1}) {
      const std::string message = refusal([&](TrainingOptions& o) { range.set(o, value); });
      CHECK(contains(message, std::string(range.option) + ": " + std::to_string(value) + " is "));
      CHECK(contains(message, "accepted are"));
      CHECK(contains(message, std::to_string(range.high)));
    }
  }
}

TEST_CASE("real numbers: ends of each range, one beyond, and not a number", "[options]") {
  constexpr double kTiny = std::numeric_limits<double>::denorm_min();
  struct Range {
    const char* option;
    double TrainingOptions::*member;
    double lowest_accepted, highest_accepted, too_low, too_high;
  };
  const double below_one = std::nextafter(1.0, 0.0), below_half = std::nextafter(0.5, 0.0);
  const std::vector<Range> ranges = {
      {"--label-smoothing", &TrainingOptions::label_smoothing, 0, below_half, -kTiny, 0.5},
      {"--g-lr", &TrainingOptions::g_lr, kTiny, 10, 0, 10.5},
      {"--d-lr", &TrainingOptions::d_lr, kTiny, 10, 0, 10.5},
      {"--beta1", &TrainingOptions::beta1, 0, below_one, -kTiny, 1},
      {"--beta2", &TrainingOptions::beta2, 0, below_one, -kTiny, 1},
      {"--weight-decay", &TrainingOptions::weight_decay, 0, 1, -kTiny, 1.5},
      {"--ema", &TrainingOptions::ema, 0, below_one, -kTiny, 1},
      {"--epochs", &TrainingOptions::epochs, kTiny, 1e9, -1, 2e9},
  };
  for (const Range& range : ranges) {
    INFO(range.option);
    accepts([&](TrainingOptions& o) { o.*range.member = range.lowest_accepted; });
    accepts([&](TrainingOptions& o) { o.*range.member = range.highest_accepted; });
    for (const double value :
         {range.too_low, range.too_high, std::nan(""), -std::nan(""), std::numeric_limits<double>::infinity()}) {
      const std::string message = refusal([&](TrainingOptions& o) { o.*range.member = value; });
      CHECK(contains(message, std::string(range.option) + ": "));
      CHECK(contains(message, "is out of range; accepted is"));
    }
  }
}

TEST_CASE("both learning rates wrong alike are --lr's fault", "[options]") {
  CHECK(contains(refusal([](TrainingOptions& o) { o.g_lr = o.d_lr = -1; }), "--lr: -1 is out of range"));
}

TEST_CASE("names", "[options]") {
  CHECK(refusal([](TrainingOptions& o) { o.model = "dgcan"; }) ==
        "--model: 'dgcan' is unknown; accepted are dcgan, mlp, resnet, anime-dcgan, anime-wgan, anime-wganp, "
        "anime-wgan256; did you mean dcgan?");
  CHECK(contains(refusal([](TrainingOptions& o) { o.objective = "wasserstein"; }),
                 "--objective: 'wasserstein' is unknown"));
  CHECK(contains(refusal([](TrainingOptions& o) { o.device = "tpu"; }), "accepted are auto, cuda, cpu"));
  CHECK(contains(refusal([](TrainingOptions& o) { o.data.clear(); }), "--data: is empty"));
  accepts([](TrainingOptions& o) { o.model = "mlp"; });
  accepts([](TrainingOptions& o) { o.objective = "minimax"; });
}

TEST_CASE("points want the model for points, and none of what is for images", "[options]") {
  const auto with_points = [](const Change& change) {
    return refusal([&](TrainingOptions& o) {
      o.data = "ring8";
      o.model = "mlp";
      change(o);
    });
  };
  CHECK(with_points([](auto& o) { o.model = "dcgan"; }) ==
        "--model dcgan: made for images, not for points; accepted is mlp");
  CHECK(with_points([](auto& o) { o.channels = 3; }) == "--channels: means something with --data of images only");
  CHECK(with_points([](auto& o) { o.flip = true; }) == "--flip: means something with --data of images only");
  CHECK(with_points([](auto& o) { o.image_height = o.image_width = 48; }) ==
        "--image-size: means something with --data of images only");
  CHECK(with_points([](auto& o) { o.cache = "cache"; }) ==
        "--cache: means something with --data that is read from files only");
  CHECK(with_points([](auto& o) { o.upsample = "nearest"; }) == "--upsample: means something with --model dcgan only");
  CHECK(contains(with_points([](auto& o) { o.norm = "instance"; }), "--norm instance: mlp has features of one number"));
  for (const std::string& name : point_set_names()) {
    INFO(name);
    accepts([&](TrainingOptions& o) {
      o.data = name;
      o.model = "mlp";
      o.objective = "wgan-gp";
      o.norm = "layer";
      o.spectral_norm = true;
      o.batch = 1;
    });
  }
}

TEST_CASE("a gradient penalty wants a critic that looks at each image by itself", "[options]") {
  const std::string message = refusal([](TrainingOptions& o) { o.objective = "wgan-gp"; });
  CHECK(contains(message, "--objective wgan-gp with --norm batch"));
  CHECK(contains(message, "which is dcgan's own"));
  CHECK(contains(message, "accepted are --norm none, layer and instance"));
  for (const char* norm : {"none", "layer", "instance"})
    accepts([&](TrainingOptions& o) { o.objective = "wgan-gp", o.norm = norm; });
  CHECK(contains(refusal([](TrainingOptions& o) { o.objective = "wgan-gp", o.model = "resnet", o.norm = "batch"; }),
                 "--norm batch: the penalty"));
  accepts([](TrainingOptions& o) { o.objective = "wgan-gp", o.norm = "none", o.lambda = 5, o.gp_side = "one"; });
  accepts([](TrainingOptions& o) { o.objective = "wgan-gp", o.model = "mlp"; });
  accepts([](TrainingOptions& o) { o.objective = "wgan", o.clip = 0.02, o.optimizer = "rmsprop"; });
  CHECK(contains(refusal([](TrainingOptions& o) { o.r1 = 1; }), "--r1 with --norm batch"));
  CHECK(contains(refusal([](TrainingOptions& o) { o.r2 = 1; }), "--r2 with --norm batch"));
  accepts([](TrainingOptions& o) { o.r1 = 1, o.r2 = 2, o.norm = "none", o.penalty_every = 16; });
  accepts([](TrainingOptions& o) { o.r1 = 1, o.force_penalty = true; });
}

TEST_CASE("options of one objective mean nothing with another", "[options]") {
  CHECK(contains(refusal([](TrainingOptions& o) { o.lambda = 5; }), "--lambda: means something with"));
  CHECK(contains(refusal([](TrainingOptions& o) { o.clip = 5; }), "--clip: means something with"));
  CHECK(contains(refusal([](TrainingOptions& o) { o.gp_side = "one"; }), "--gp-side: means something with"));
  CHECK(contains(refusal([](TrainingOptions& o) { o.gp_norm = "channel"; }), "--gp-norm: means something with"));
  CHECK(contains(refusal([](TrainingOptions& o) { o.objective = "wgan", o.r1 = 1; }), "--r1: means something with"));
  CHECK(contains(refusal([](TrainingOptions& o) { o.penalty_every = 4; }), "--penalty-every: means something with"));
  CHECK(contains(refusal([](TrainingOptions& o) { o.precision = "bf16", o.trace = 1; }),
                 "--precision: means something with --trace 0 only"));
  accepts([](TrainingOptions& o) { o.precision = "bf16", o.device = "cpu"; });
  CHECK(contains(refusal([](TrainingOptions& o) { o.early_iterations = 4; }), "--early-iterations: means something"));
  CHECK(contains(refusal([](TrainingOptions& o) { o.model = "mlp", o.upsample = "nearest"; }),
                 "--upsample: means something with --model dcgan only"));
  CHECK(contains(refusal([](TrainingOptions& o) { o.objective = "wgan", o.label_smoothing = 0.1; }),
                 "--label-smoothing: means something with"));
}

TEST_CASE("channels", "[options]") {
  for (const std::int64_t channels : {0, 1, 3}) accepts([&](TrainingOptions& o) { o.channels = channels; });
  for (const std::int64_t channels : {-1, 2, 4})
    CHECK(contains(refusal([&](TrainingOptions& o) { o.channels = channels; }), "--channels: "));
}

TEST_CASE("models refuse what they have no networks for", "[options]") {
  const auto size = [](std::int64_t height, std::int64_t width) {
    return [=](TrainingOptions& o) { o.model = "resnet", o.image_height = height, o.image_width = width; };
  };
  accepts(size(48, 96));
  CHECK(contains(refusal(size(50, 50)), "--image-size 50x50: resnet doubles"));
  CHECK(contains(refusal([](TrainingOptions& o) { o.model = "mlp", o.norm = "instance"; }), "--norm instance: mlp"));
  accepts([](TrainingOptions& o) { o.upsample = "nearest"; });
  CHECK(
      contains(refusal([](TrainingOptions& o) { o.upsample = "nearest", o.image_height = 50; }), "--image-size 32x50"));
}

TEST_CASE("one image a batch suits only networks without batch norm", "[options]") {
  accepts([](TrainingOptions& o) { o.model = "mlp", o.batch = 1; });
  CHECK(contains(refusal([](TrainingOptions& o) { o.model = "mlp", o.norm = "batch", o.batch = 1; }),
                 "too small for mlp"));
  CHECK(contains(refusal([](TrainingOptions& o) { o.batch = 1; }), "--batch: 1 is too small for dcgan"));
}

TEST_CASE("exactly one length", "[options]") {
  const auto lengths = [](std::int64_t iterations, double epochs, double minutes) {
    return [=](TrainingOptions& o) { o.iterations = iterations, o.epochs = epochs, o.minutes = minutes; };
  };
  accepts(lengths(1, 0, 0));
  accepts(lengths(0, 0.5, 0));
  accepts(lengths(0, 0, 0.1));
  for (const auto& wrong : {lengths(0, 0, 0), lengths(1, 1, 0), lengths(0, 1, 1), lengths(1, 0, 1), lengths(1, 1, 1)})
    CHECK(contains(refusal(wrong), "exactly one of the three"));
  CHECK(contains(refusal(lengths(-1, 0, 0)), "--iterations: -1 is out of range"));
  CHECK(contains(refusal(lengths(0, 0, -2)), "--minutes: -2 is out of range"));
}

TEST_CASE("the length of a run whose learning rate falls is decided at its start", "[options]") {
  for (const char* schedule : {"linear", "cosine"}) {
    accepts([&](TrainingOptions& o) { o.lr_schedule = schedule, o.epochs = 0, o.iterations = 3; });
    accepts([&](TrainingOptions& o) { o.lr_schedule = schedule, o.epochs = 3; });
    accepts([&](TrainingOptions& o) { o.lr_schedule = schedule, o.epochs = 0, o.minutes = 5; });
    const std::string message =
        refusal([&](TrainingOptions& o) { o.lr_schedule = schedule, o.epochs = 0, o.minutes = 5, o.resume = "run"; });
    CHECK(contains(message, "--lr-schedule " + std::string(schedule) + " with --minutes 5 and --resume: "));
    CHECK(contains(message, "accepted are the run's own --iterations or --epochs"));
  }
  accepts([](TrainingOptions& o) { o.epochs = 0, o.minutes = 5; });
  CHECK(contains(refusal([](TrainingOptions& o) { o.lr_schedule = "step"; }), "--lr-schedule: 'step' is unknown"));
}

TEST_CASE("momentum is sgd's", "[options]") {
  accepts([](TrainingOptions& o) { o.optimizer = "sgd", o.momentum = 0; });
  CHECK(contains(refusal([](TrainingOptions& o) { o.momentum = 0.5; }), "--momentum: means something with"));
  CHECK(contains(refusal([](TrainingOptions& o) { o.optimizer = "sgd", o.momentum = 1; }), "--momentum: 1 is out of"));
}

TEST_CASE("options that contradict each other", "[options]") {
  CHECK(contains(refusal([](TrainingOptions& o) { o.out = "a", o.resume = "b"; }), "--out a with --resume b"));
  accepts([](TrainingOptions& o) { o.out = "a", o.resume = "a"; });
  CHECK(contains(refusal([](TrainingOptions& o) { o.allow_config_change = true; }), "--allow-config-change"));
  accepts([](TrainingOptions& o) { o.allow_config_change = true, o.resume = "a"; });
}

}  // namespace
}  // namespace gan
