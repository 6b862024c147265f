#include "engine/settings/config.h"

#include "engine/settings/training_settings.h"
#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using test::message_of;
using test::TemporaryFolder;
using test::write_plainly;

/// Every field that config.toml records, away from its default.
TrainingOptions unusual() {
  TrainingOptions o;
  o.data = "a \"folder\"\\with # everything\t\x01\x7f\u00e9";
  o.image_height = 48;
  o.image_width = 96;
  o.channels = 3;
  o.flip = true;
  o.hold_out = 3;
  o.skip_damaged = true;
  o.cache = "decoded/";
  o.model = "mlp";
  o.width = 17;
  o.latent = 33;
  o.norm = "none";
  o.upsample = "nearest";
  o.spectral_norm = true;
  o.objective = "minimax";
  o.clip = 0.02;
  o.lambda = 11;
  o.gp_side = "one";
  o.gp_norm = "channel";
  o.r1 = 0.5;
  o.r2 = 2;
  o.penalty_every = 16;
  o.force_penalty = true;
  o.label_smoothing = 0.1;
  o.d_steps = 3;
  o.d_steps_early = 100;
  o.early_iterations = 7;
  o.reuse_noise = true;
  o.batch = 65;
  o.epochs = 1.0 / 3.0;
  o.g_lr = 1e-30;
  o.d_lr = 0.1 + 0.2;
  o.lr_schedule = "cosine";
  o.optimizer = "rmsprop";
  o.beta1 = 0.25;
  o.beta2 = 0.9999999999999999;
  o.momentum = 0.8;
  o.weight_decay = 1;
  o.ema = 0.5;
  o.seed = INT64_MAX;
  o.device = "cpu";
  o.precision = "bf16";
  o.threads = 2;
  o.log_every = 5;
  o.watch_every = 7;
  o.sample_every = 0;
  o.sample_count = 9;
  o.checkpoint_every = 1LL << 40;
  o.keep = 8;
  o.trace = 4;
  return o;
}

TrainingOptions read(const std::string& text) {
  TrainingOptions options;
  apply_toml_text(text, "test.toml", options);
  return options;
}

std::string refusal(const std::string& text) {
  return message_of<InputError>([&] { read(text); });
}

void check_equal_where_recorded(TrainingOptions got, TrainingOptions expected) {
  const SettingTable got_table(got, training_settings), expected_table(expected, training_settings);
  for (const Setting& setting : expected_table)
    if (setting.place == SettingPlace::Everywhere) {
      INFO(setting.name);
      CHECK(value_text(*got_table.find(setting.name)) == value_text(setting));
    }
}

TEST_CASE("every recorded field makes the round trip", "[config]") {
  TrainingOptions options = unusual();
  const SettingTable table(options, training_settings);
  for (const Setting& setting : table)
    if (setting.place == SettingPlace::Everywhere && setting.alternative_of.empty()) {
      INFO(setting.name);  // a field left at its default would prove nothing
      CHECK(value_text(setting) != setting.default_text);
    }
  const TrainingOptions back = read(to_toml(options));
  check_equal_where_recorded(back, options);
  CHECK(back.epochs == options.epochs);  // bit for bit, not only the same text
  CHECK(back.d_lr == options.d_lr);
  CHECK(back.g_lr == options.g_lr);
  CHECK(back.beta2 == options.beta2);
  CHECK(back.data == options.data);
  CHECK(to_toml(back) == to_toml(options));
}

TEST_CASE("each kind of length makes the round trip and replaces another", "[config]") {
  for (const int which : {0, 1, 2}) {
    TrainingOptions options;
    if (which == 0) options.iterations = 1000;
    if (which == 1) options.epochs = 2;
    if (which == 2) options.minutes = 0.25;
    TrainingOptions back;
    back.iterations = 5;
    apply_toml_text(to_toml(options), "test.toml", back);
    check_equal_where_recorded(back, options);
  }
  TrainingOptions untouched;
  untouched.minutes = 3;
  apply_toml_text("batch = 8", "test.toml", untouched);
  CHECK(untouched.minutes == 3);
}

TEST_CASE("a call's own affairs are not recorded", "[config]") {
  TrainingOptions options = unusual();
  options.out = "somewhere";
  options.resume = "somewhere";
  options.allow_config_change = true;
  CHECK(to_toml(options) == to_toml(unusual()));
}

TEST_CASE("a file written by hand", "[config]") {
  const TrainingOptions options = read(
      "g-lr = 0.3      # refines lr, wherever it stands\n"
      "lr = 1\n"
      "image-size = 64\n"
      "out = 'runs/mine'\n"
      "batch = 1_000\n"
      "flip = true\n");
  CHECK(options.g_lr == 0.3);
  CHECK(options.d_lr == 1);
  CHECK(options.image_height == 64);
  CHECK(options.image_width == 64);
  CHECK(options.out == "runs/mine");
  CHECK(options.batch == 1000);
  CHECK(options.flip);
  CHECK(options.model == TrainingOptions{}.model);
}

TEST_CASE("a strict reader: key, line and file are named", "[config]") {
  CHECK(refusal("batch = 1\n\nbacth = 64") == "test.toml, line 3: unknown key 'bacth'; did you mean batch?");
  CHECK(refusal("frobnicate = 1") == "test.toml, line 1: unknown key 'frobnicate'");
  CHECK(refusal("resume = 'x'") == "test.toml, line 1: resume is accepted on the command line only");
  CHECK(refusal("batch = \"64\"") == "test.toml, line 1: batch is a string; accepted is a whole number");
  CHECK(refusal("batch = 64.0") ==
        "test.toml, line 1: batch is a number with a point or exponent; accepted is a whole number");
  CHECK(refusal("lr = true") == "test.toml, line 1: lr is true or false; accepted is a number");
  CHECK(refusal("flip = 1") == "test.toml, line 1: flip is a whole number; accepted is true or false");
  CHECK(refusal("model = 3") == "test.toml, line 1: model is a whole number; accepted is a string");
  CHECK(refusal("image-size = 1.5") ==
        "test.toml, line 1: image-size is a number with a point or exponent; accepted is a whole number or a string "
        "\"WxH\"");
  CHECK(refusal("image-size = \"big\"") ==
        "test.toml, line 1: image-size: 'big' is not an image size; accepted are N and WxH, as in 64 or 96x64");
  CHECK(refusal("seed = -1") == "test.toml, line 1: seed: -1 is negative");
  CHECK(contains(refusal("lr = 1e999"), "test.toml, line 1: 'lr = 1e999' is not TOML: "));
  CHECK(refusal("lr = nan") == "test.toml, line 1: lr: 'nan' is not a number");
  CHECK(contains(refusal("batch = [1, 2]"), "test.toml, line 1: lists and tables are not accepted"));
  CHECK(refusal("batch = 1979-05-27") == "test.toml, line 1: batch is a date or time; accepted is a whole number");
  CHECK(refusal("batch = 1\nbatch = 1") == "test.toml, line 2: batch stands here a second time");
}

TEST_CASE("one setting a line, and nothing else", "[config]") {
  for (const char* text : {"[run]", "  [run]", "[[} ", "a.b = 1", "[[run]]"})
    CHECK(contains(refusal(std::string("flip = true\n") + text), "test.toml, line 2: tables are not accepted"));
  for (const char* text : {"batch 64",
                           "= 64",
                           "batch =",
                           "batch = # none",
                           "batch = 64 lr = 1",
                           "batch = many",
                           "data = \"a",
                           "data = 'a",
                           "data = \"\\q\"",
                           "data = \"\\ud800\"",
                           "# \x01",
                           "batch = 1\r",
                           "batch = 1\rkeep = 2",
                           "data = \"\"\"a",
                           "data = \"\"\"a\"\"\"",
                           "data = '''a'''",
                           "b\u00e4tch = 1",
                           "batch = 1 \u00e9",
                           "lr = 1240-02-10 0 7#",
                           "batch = 1 2",
                           "lr = 0e=\"\u03f3\"",
                           "lr = \u03f3",
                           "data = \"\xff\"",
                           "batch = 01",
                           "batch = [1,"}) {
    INFO(text);
    CHECK(contains(refusal(std::string("flip = true\n") + text), "test.toml, line 2: "));
  }
  CHECK(contains(refusal(std::string("data = \"a\0b\"", 12)), "test.toml, line 1: "));
  CHECK(contains(refusal("batch" + std::string(5000, '.') + "a = 1"), "test.toml, line 1: "));
  CHECK(contains(refusal(std::string(100'000, 'a')), "test.toml, line 1: is longer than"));
  std::string deep = "batch";
  for (int i = 0; i < 4000; ++i) deep += ".a";
  CHECK(contains(refusal(deep + " = 1"), "tables are not accepted"));  // and the stack lasts
  CHECK(contains(refusal("batch = {a = 1}"), "lists and tables are not accepted"));
  CHECK(contains(refusal("\"batch\" = 1"), "a string is accepted as the value of a key only"));
}

TEST_CASE("messages show a little of the file and nothing that moves a cursor", "[config]") {
  for (const std::string& text :
       {"\x1b[2J" + std::string(5'000, 'x'), "\"\\u001b" + std::string(5'000, 'x') + "\" = 1"}) {
    const std::string message = refusal(text);
    INFO(message);
    CHECK(!contains(message, "\x1b"));
    CHECK(message.size() < 300);
  }
}

TEST_CASE("characters that are not ASCII stand in strings and comments", "[config]") {
  CHECK(read("data = \"B\u00fccher\"  # \u00e9").data == "B\u00fccher");
  CHECK(read("data = 'B\u00fccher \"\u03f3\" \\'").data == "B\u00fccher \"\u03f3\" \\");
  CHECK(read("data = \"\\u0041\\\"\u20ac\"").data == "A\"\u20ac");
}

TEST_CASE("documents without settings", "[config]") {
  for (const char* text : {"", "\n", "# only a comment", "   \t\r\n\n", "\xef\xbb\xbf"}) {
    INFO(text);
    CHECK(to_toml(read(text)) == to_toml(TrainingOptions{}));
  }
}

TEST_CASE("a refused text changes nothing", "[config]") {
  TrainingOptions options;
  options.minutes = 7;
  CHECK_THROWS_AS(apply_toml_text("batch = 9\nepochs = 3\nkeep = true", "test.toml", options), InputError);
  CHECK(options.batch == TrainingOptions{}.batch);
  CHECK(options.minutes == 7);
}

TEST_CASE("config files", "[config]") {
  const TemporaryFolder folder;
  TrainingOptions options;
  write_plainly(folder / "good.toml", "batch = 12\n");
  apply_toml(folder / "good.toml", options);
  CHECK(options.batch == 12);

  const auto file_refusal = [&](const char* name) {
    return message_of<InputError>([&] { apply_toml(folder / name, options); });
  };
  write_plainly(folder / "bad.toml", "batch = many\n");
  CHECK(contains(file_refusal("bad.toml"), (folder / "bad.toml").string() + ", line 1: "));
  CHECK(contains(file_refusal("none.toml"), "none.toml: cannot be read: No such file or directory"));
  CHECK(contains(file_refusal("."), "is a folder"));
  write_plainly(folder / "huge.toml", std::string((1 << 20) + 1, '#'));
  CHECK(contains(file_refusal("huge.toml"), "larger than the 1 MB"));
  write_plainly(folder / "full.toml", std::string(1 << 20, '#'));
  CHECK_NOTHROW(apply_toml(folder / "full.toml", options));
}

}  // namespace
}  // namespace gan
