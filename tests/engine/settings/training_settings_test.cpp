#include "engine/settings/training_settings.h"

#include <set>

#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using test::message_of;

/// Does not compile when TrainingOptions gains or loses a field: then this number and the table want a look.
std::size_t field_count() {
  const auto [data, image_height, image_width, channels, flip, hold_out, skip_damaged, cache, model, width, latent,
              norm, upsample, spectral_norm, objective, clip, lambda, gp_side, gp_norm, r1, r2, penalty_every,
              force_penalty, label_smoothing, d_steps, d_steps_early, early_iterations, reuse_noise, batch, iterations,
              epochs, minutes, g_lr, d_lr, lr_schedule, optimizer, beta1, beta2, momentum, weight_decay, ema, seed,
              device, precision, threads, out, log_every, watch_every, sample_every, sample_count, checkpoint_every,
              keep, resume, allow_config_change, trace] = TrainingOptions{};
  return 55;
}

/// The table of a training run, with its options.
struct Bound {
  TrainingOptions options;
  SettingTable table{options, training_settings};
  const Setting& operator[](std::string_view name) const { return *table.find(name); }
};

TEST_CASE("the table covers every option once", "[settings]") {
  const Bound bound;
  // --image-size stands for two fields, --lr for two that have settings of their own.
  CHECK(bound.table.size() == field_count());
  std::set<std::string_view> names;
  for (const Setting& setting : bound.table) {
    INFO(setting.name);
    CHECK(names.insert(setting.name).second);
    CHECK(bound.table.find(setting.name) == &setting);
    CHECK(!setting.help.empty());
    CHECK((kind_of(setting) == SettingKind::Flag) == setting.placeholder.empty());
  }
  CHECK(bound.table.find("no-such-setting") == nullptr);
}

TEST_CASE("defaults are those of fresh options, whatever the bound ones hold", "[settings]") {
  TrainingOptions options;
  options.batch = 7;
  const SettingTable table(options, training_settings);
  CHECK(table.find("batch")->default_text == "64");
  CHECK(value_text(*table.find("batch")) == "7");
}

TEST_CASE("rows can be picked for another program", "[settings]") {
  TrainingOptions options;
  const std::vector<Setting> rows = pick(training_settings(options), {"seed", "device"});
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].name == "seed");
  set_value(rows[1], "cpu");
  CHECK(options.device == "cpu");
  CHECK_THROWS_AS(pick(training_settings(options), {"sede"}), Error);
}

TEST_CASE("a setting may mean something beside others only", "[settings]") {
  bool penalty = false;
  double lambda = 10;
  const Setting row{.name = "lambda",
                    .value = &lambda,
                    .only_with = {[&] { return penalty; }, "--objective wgan-gp"},
                    .default_text = "10"};
  CHECK_NOTHROW(check_value(row));  // left at its default
  lambda = 5;
  CHECK(message_of<InputError>([&] { check_value(row); }) == "--lambda: means something with --objective wgan-gp only");
  penalty = true;
  CHECK_NOTHROW(check_value(row));
}

TEST_CASE("assignments follow the table, not the order in which they were written", "[settings]") {
  const Bound bound;
  assign(bound.table, {{"g-lr", "0.5", "--g-lr"}, {"lr", "0.1", "--lr"}, {"iterations", "3", "--iterations"}});
  CHECK(bound.options.g_lr == 0.5);
  CHECK(bound.options.d_lr == 0.1);
  assign(bound.table, {{"epochs", "2", "preset small: epochs"}});
  CHECK(bound.options.iterations == 0);
  CHECK(bound.options.epochs == 2);
  CHECK(message_of<InputError>([&] {
          assign(bound.table, {{"batch", "x", "preset small: batch"}});
        }) == "preset small: batch: 'x' is not a whole number");
}

TEST_CASE("ranges in words", "[settings]") {
  const auto refusal = [](double value, const RealRange& range) {
    return message_of<InputError>([&] { check_value({.name = "x", .value = &value, .accepted = range}); });
  };
  constexpr auto kExcluded = RealRange::End::Excluded;
  CHECK(refusal(2, {.low = 0, .high = 1}) == "--x: 2 is out of range; accepted is 0 to 1");
  CHECK(refusal(-1, {.low = 0, .high = 0.5, .at_high = kExcluded}) ==
        "--x: -1 is out of range; accepted is 0 or more and less than 0.5");
  CHECK(refusal(0, {.low = 0, .high = 10, .at_low = kExcluded}) ==
        "--x: 0 is out of range; accepted is more than 0, up to 10");
  CHECK(refusal(1, {.low = 0, .high = 1, .at_low = kExcluded, .at_high = kExcluded}) ==
        "--x: 1 is out of range; accepted is more than 0 and less than 1");
}

TEST_CASE("every setting reads back what it shows", "[settings]") {
  const Bound bound;
  for (const Setting& setting : bound.table) {
    INFO(setting.name);
    const std::string other = [&]() -> std::string {
      switch (kind_of(setting)) {
        case SettingKind::Text: return "a b";
        case SettingKind::Whole: return "123";
        case SettingKind::Real: return "0.1234567890123";
        case SettingKind::Flag: return "true";
        case SettingKind::Sides: return "96x64";
      }
      return {};
    }();
    REQUIRE(value_text(setting) == setting.default_text);
    REQUIRE(value_text(setting) != other);
    set_value(setting, other);
    CHECK(value_text(setting) == other);
    set_value(setting, setting.default_text);
  }
}

TEST_CASE("image sizes", "[settings]") {
  Bound bound;
  const TrainingOptions& options = bound.options;
  set_value(bound["image-size"], "96x64");
  CHECK(options.image_width == 96);
  CHECK(options.image_height == 64);
  set_value(bound["image-size"], "48");
  CHECK(options.image_width == 48);
  CHECK(options.image_height == 48);
  for (const char* text : {"", "x", "64x", "x64", "64X64", "64x64x3", "64 x 64", "6.4", "-64x-y"}) {
    INFO(text);
    const std::string message = message_of<InputError>([&] { set_value(bound["image-size"], text); });
    CHECK(contains(message, "is not an image size; accepted are N and WxH"));
  }
}

TEST_CASE("--lr sets both rates", "[settings]") {
  const Bound bound;
  set_value(bound["lr"], "0.5");
  CHECK(bound.options.g_lr == 0.5);
  CHECK(bound.options.d_lr == 0.5);
}

TEST_CASE("values of the wrong type", "[settings]") {
  const Bound bound;
  const auto refusal = [&](const char* name, const char* text) {
    return message_of<InputError>([&] { set_value(bound[name], text); });
  };
  CHECK(refusal("batch", "abc") == "'abc' is not a whole number");
  CHECK(refusal("batch", "") == "'' is not a whole number");
  CHECK(refusal("batch", "6.4") == "'6.4' is not a whole number");
  CHECK(refusal("batch", "64 ") == "'64 ' is not a whole number");
  CHECK(refusal("batch", "9223372036854775808") == "9223372036854775808 is too large a number");
  CHECK(refusal("threads", "2147483648") == "2147483648 is too large a number");
  CHECK(refusal("seed", "-1") == "-1 is negative");
  CHECK(refusal("lr", "fast") == "'fast' is not a number");
  CHECK(refusal("lr", "nan") == "'nan' is not a number");
  CHECK(refusal("lr", "inf") == "'inf' is not a number");
  CHECK(refusal("lr", "1e999") == "1e999 is beyond the range of numbers");
  CHECK(refusal("flip", "yes") == "'yes' is neither true nor false");
  CHECK(refusal("seed", "18446744073709551616") == "18446744073709551616 is too large a number");
  CHECK(contains(refusal("data", "d\xff"), "is not UTF-8"));
  CHECK(bound.options.batch == TrainingOptions{}.batch);
  CHECK(bound.options.data == TrainingOptions{}.data);
  set_value(bound["seed"], "18446744073709551615");
  CHECK(bound.options.seed == UINT64_MAX);
  CHECK(message_of<InputError>([&] { check_value(bound["seed"]); }) ==
        "--seed: 18446744073709551615 is out of range; accepted are 0 to 9223372036854775807");
}

TEST_CASE("changes that decide the result are named", "[settings]") {
  const TrainingOptions before;
  CHECK(result_changes(before, before).empty());

  TrainingOptions harmless = before;
  harmless.epochs = 3;
  harmless.out = "elsewhere";
  harmless.keep = 7;
  harmless.log_every = 1;
  harmless.trace = 2;
  harmless.resume = "there";
  CHECK(result_changes(before, harmless).empty());

  TrainingOptions changed = before;
  changed.batch = 32;
  changed.d_lr = 0.001;
  CHECK(result_changes(before, changed) ==
        std::vector<std::string>{"--batch was 64, now 32", "--d-lr was 0.0002, now 0.001"});
  changed = before;
  changed.threads = 3;
  CHECK(result_changes(before, changed) == std::vector<std::string>{"--threads was 0, now 3"});
}

}  // namespace
}  // namespace gan
