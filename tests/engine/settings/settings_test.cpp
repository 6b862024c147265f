#include "engine/settings/settings.h"

#include <set>

#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using test::message_of;

/// Does not compile when TrainingOptions gains or loses a field: then this number and the table want a look.
std::size_t field_count() {
  const auto [data, image_height, image_width, channels, flip, model, width, latent, objective, label_smoothing,
              d_steps, batch, iterations, epochs, minutes, g_lr, d_lr, beta1, beta2, weight_decay, ema, seed, device,
              threads, out, log_every, sample_every, sample_count, checkpoint_every, keep, resume, allow_config_change,
              trace] = TrainingOptions{};
  return 33;
}

TEST_CASE("the table covers every option once", "[settings]") {
  // --image-size stands for two fields, --lr for two that have settings of their own.
  CHECK(settings().size() == field_count());
  std::set<std::string_view> names;
  for (const Setting& setting : settings()) {
    INFO(setting.name);
    CHECK(names.insert(setting.name).second);
    CHECK(find_setting(setting.name) == &setting);
    CHECK(!setting.help.empty());
    CHECK((kind(setting) == SettingKind::Flag) == setting.placeholder.empty());
  }
  CHECK(find_setting("no-such-setting") == nullptr);
}

TEST_CASE("every setting reads back what it shows", "[settings]") {
  for (const Setting& setting : settings()) {
    INFO(setting.name);
    const std::string other = [&]() -> std::string {
      switch (kind(setting)) {
        case SettingKind::Text: return "a b";
        case SettingKind::Whole: return "123";
        case SettingKind::Real: return "0.1234567890123";
        case SettingKind::Flag: return "true";
        case SettingKind::ImageSize: return "96x64";
      }
      return {};
    }();
    TrainingOptions options;
    REQUIRE(value_text(setting, options) != other);
    set_value(setting, other, options);
    CHECK(value_text(setting, options) == other);
  }
}

TEST_CASE("image sizes", "[settings]") {
  TrainingOptions options;
  set_value(*find_setting("image-size"), "96x64", options);
  CHECK(options.image_width == 96);
  CHECK(options.image_height == 64);
  set_value(*find_setting("image-size"), "48", options);
  CHECK(options.image_width == 48);
  CHECK(options.image_height == 48);
  for (const char* text : {"", "x", "64x", "x64", "64X64", "64x64x3", "64 x 64", "6.4", "-64x-y"}) {
    INFO(text);
    const std::string message = message_of<InputError>([&] { set_value(*find_setting("image-size"), text, options); });
    CHECK(contains(message, "is not an image size; accepted are N and WxH"));
  }
}

TEST_CASE("--lr sets both rates", "[settings]") {
  TrainingOptions options;
  set_value(*find_setting("lr"), "0.5", options);
  CHECK(options.g_lr == 0.5);
  CHECK(options.d_lr == 0.5);
}

TEST_CASE("values of the wrong type", "[settings]") {
  TrainingOptions options;
  const auto refusal = [&](const char* name, const char* text) {
    return message_of<InputError>([&] { set_value(*find_setting(name), text, options); });
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
  CHECK(options.batch == TrainingOptions{}.batch);
  set_value(*find_setting("seed"), "18446744073709551615", options);
  CHECK(options.seed == UINT64_MAX);
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
