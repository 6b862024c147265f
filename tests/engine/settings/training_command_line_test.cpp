#include "engine/settings/training_command_line.h"

#include <sstream>

#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using test::message_of;
using test::TemporaryFolder;
using test::write_plainly;
using Arguments = std::vector<std::string>;

TrainingOptions options_of(const Arguments& arguments) { return parse_training_command_line(arguments).options; }

std::string refusal(const Arguments& arguments) {
  return message_of<InputError>([&] { parse_training_command_line(arguments); });
}

TEST_CASE("nothing typed: the defaults, for 20 epochs", "[command_line]") {
  const TrainingCommandLine line = parse_training_command_line({});
  CHECK(line.information.empty());
  CHECK(!line.print_schedule);
  CHECK(!line.plan);
  CHECK(line.options.epochs == 20);
  CHECK(line.options.batch == TrainingOptions{}.batch);
}

TEST_CASE("every setting is an option", "[command_line]") {
  TrainingCommandLine line = parse_training_command_line({"--data",
                                                          "shapes",
                                                          "--image-size",
                                                          "96x48",
                                                          "--channels",
                                                          "3",
                                                          "--flip",
                                                          "--hold-out",
                                                          "5",
                                                          "--skip-damaged",
                                                          "--spectral-norm",
                                                          "--model",
                                                          "mlp",
                                                          "--width",
                                                          "9",
                                                          "--latent",
                                                          "11",
                                                          "--objective",
                                                          "minimax",
                                                          "--norm",
                                                          "batch",
                                                          "--clip",
                                                          "0.01",
                                                          "--lambda",
                                                          "10",
                                                          "--gp-side",
                                                          "two",
                                                          "--r1",
                                                          "0.5",
                                                          "--r2",
                                                          "0.7",
                                                          "--penalty-every",
                                                          "4",
                                                          "--force-penalty",
                                                          "--label-smoothing",
                                                          "0.1",
                                                          "--d-steps",
                                                          "2",
                                                          "--d-steps-early",
                                                          "20",
                                                          "--early-iterations",
                                                          "3",
                                                          "--reuse-noise",
                                                          "--batch",
                                                          "5",
                                                          "--iterations",
                                                          "7",
                                                          "--g-lr",
                                                          "0.01",
                                                          "--d-lr",
                                                          "0.02",
                                                          "--lr-schedule",
                                                          "linear",
                                                          "--optimizer",
                                                          "rmsprop",
                                                          "--beta1",
                                                          "0.3",
                                                          "--beta2",
                                                          "0.4",
                                                          "--weight-decay",
                                                          "0.5",
                                                          "--ema",
                                                          "0.6",
                                                          "--seed",
                                                          "42",
                                                          "--device",
                                                          "cpu",
                                                          "--threads",
                                                          "1",
                                                          "--out",
                                                          "o",
                                                          "--log-every",
                                                          "12",
                                                          "--watch-every",
                                                          "11",
                                                          "--sample-every",
                                                          "13",
                                                          "--sample-count",
                                                          "14",
                                                          "--checkpoint-every",
                                                          "15",
                                                          "--keep",
                                                          "16",
                                                          "--trace",
                                                          "17"});
  const SettingTable table(line, command_line_settings);
  for (const Setting& setting : table) {
    if (setting.place == SettingPlace::CommandLineOnly || !setting.alternative_of.empty()) continue;
    INFO(setting.name);
    if (setting.only_with.holds && !setting.only_with.holds()) continue;  // its default is all it may be here
    CHECK(value_text(setting) != setting.default_text);
  }
  const TrainingOptions& options = line.options;
  CHECK(options.iterations == 7);
  CHECK(options.epochs == 0);
  CHECK(options.image_width == 96);
  CHECK(options.image_height == 48);
  CHECK(options.seed == 42);
  CHECK(options.g_lr == 0.01);
  CHECK(options.d_lr == 0.02);
}

TEST_CASE("ways of writing", "[command_line]") {
  CHECK(options_of({"--batch=32"}).batch == 32);
  CHECK(options_of({"--batch", "32", "--batch", "16"}).batch == 16);  // the last one counts
  CHECK(options_of({"--flip", "--flip=false"}).flip == false);
  CHECK(options_of({"--g-lr", "0.5", "--lr", "0.1"}).g_lr == 0.5);  // --g-lr refines --lr in any order
  CHECK(options_of({"--g-lr", "0.5", "--lr", "0.1"}).d_lr == 0.1);
  CHECK(options_of({"--data", "a b=c"}).data == "a b=c");
  CHECK(contains(refusal({"--lr", "-1"}), "--lr: -1 is out of range"));  // not taken for an option
}

TEST_CASE("modes", "[command_line]") {
  const auto information = [](const Arguments& arguments) {
    return parse_training_command_line(arguments).information;
  };
  CHECK(information({"--help"}).starts_with("gan_cuda_train: "));
  CHECK(information({"-h"}) == information({"--help"}));
  CHECK(information({"--bacth", "--help"}) == information({"--help"}));  // who asks for help may be lost
  CHECK(information({"--version"}).starts_with("gan_cuda_train 0."));
  CHECK(parse_training_command_line({"--print-schedule"}).print_schedule);
  CHECK(parse_training_command_line({"--plan"}).plan);
  CHECK(!parse_training_command_line({"--plan=false"}).plan);
}

TEST_CASE("unknown options, with the nearest one", "[command_line]") {
  CHECK(refusal({"--bacth", "64"}) == "unknown option --bacth; did you mean --batch?");
  CHECK(refusal({"--bacth=64"}) == "unknown option --bacth; did you mean --batch?");
  CHECK(refusal({"-batch", "64"}) == "unknown option -batch; did you mean --batch?");
  CHECK(refusal({"--iter", "3"}) == "unknown option --iter; did you mean --iterations?");
  CHECK(refusal({"--printschedule"}) == "unknown option --printschedule; did you mean --print-schedule?");
  CHECK(refusal({"--frobnicate"}) == "unknown option --frobnicate; see --help");
  CHECK(refusal({"-x"}) == "unknown option -x; see --help");
  CHECK(contains(refusal({"shapes"}), "unexpected argument 'shapes'"));
  CHECK(contains(refusal({"--flip", "true"}), "unexpected argument 'true'"));
  CHECK(contains(refusal({""}), "unexpected argument ''"));
  CHECK(contains(refusal({"--"}), "unexpected argument '--'"));
}

TEST_CASE("missing and malformed values", "[command_line]") {
  CHECK(refusal({"--batch"}) == "--batch: a value is missing; see --help");
  CHECK(refusal({"--config", "--batch", "3"}) == "--config: a value is missing; see --help");
  CHECK(refusal({"--batch", "abc"}) == "--batch: 'abc' is not a whole number");
  CHECK(refusal({"--batch", ""}) == "--batch: '' is not a whole number");
  CHECK(refusal({"--lr", "fast"}) == "--lr: 'fast' is not a number");
  CHECK(refusal({"--flip=maybe"}) == "--flip: 'maybe' is neither true nor false");
  CHECK(contains(refusal({"--image-size", "12y"}), "--image-size: '12y' is not an image size"));
  CHECK(contains(refusal({"--width", "0"}), "--width: 0 is out of range"));  // check_options() has been asked
}

TEST_CASE("lengths", "[command_line]") {
  CHECK(options_of({"--minutes", "0.5"}).epochs == 0);
  CHECK(contains(refusal({"--epochs", "1", "--iterations", "2"}), "exactly one of the three"));
  CHECK(contains(refusal({"--iterations", "0"}), "exactly one of the three"));  // not silently 20 epochs
}

TEST_CASE("a config file gives way to the command line", "[command_line]") {
  const TemporaryFolder folder;
  const std::string file = (folder / "c.toml").string();
  write_plainly(file, "batch = 10\nwidth = 20\nminutes = 3\nlr = 0.5\nflip = true\n");
  const TrainingOptions from_file = options_of({"--config", file});
  CHECK(from_file.batch == 10);
  CHECK(from_file.minutes == 3);
  CHECK(from_file.epochs == 0);
  CHECK(from_file.flip);
  const TrainingOptions both = options_of({"--batch", "11", "--config", file, "--iterations", "5", "--flip=false"});
  CHECK(both.batch == 11);
  CHECK(both.width == 20);
  CHECK(both.iterations == 5);  // replaces the file's length
  CHECK(both.minutes == 0);
  CHECK(both.g_lr == 0.5);
  CHECK(!both.flip);
  write_plainly(file, "batch = many");
  CHECK(contains(refusal({"--config", file}), file + ", line 1: "));
}

TEST_CASE("a resumed run starts from its own config.toml", "[command_line]") {
  const TemporaryFolder folder;
  const std::string run = (folder / "run").string();
  std::filesystem::create_directory(run);
  CHECK(contains(refusal({"--resume", run}), run));  // no run yet
  write_plainly(folder / "run/config.toml", "batch = 10\nepochs = 4.0\n");
  const TrainingOptions same = options_of({"--resume", run});
  CHECK(same.batch == 10);
  CHECK(same.epochs == 4);
  CHECK(same.resume == run);
  const TrainingOptions longer = options_of({"--resume", run, "--iterations", "9"});
  CHECK(longer.iterations == 9);
  CHECK(longer.epochs == 0);
  CHECK(contains(refusal({"--resume", ""}), "--resume: is empty"));
  CHECK(contains(refusal({"--resume", run, "--out", "x"}), "--out x with --resume"));
}

TEST_CASE("the help teaches every option", "[command_line]") {
  const std::string help = parse_training_command_line({"--help"}).information;
  TrainingCommandLine bound;
  for (const Setting& setting : SettingTable(bound, command_line_settings)) {
    INFO(setting.name);
    CHECK(contains(help, "  --" + std::string(setting.name)));
  }
  for (const char* part : {"--config", "--print-schedule", "--plan", "--help", "--version", "Examples:", "[0.0002]",
                           "[20]", "D(G(z))", "130"}) {
    INFO(part);
    CHECK(contains(help, part));
  }
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK(line.size() <= 100);
    CHECK((line.empty() || line.back() != ' '));
  }
}

TEST_CASE("the examples of the help are accepted as far as they need no files", "[command_line]") {
  CHECK_NOTHROW(parse_training_command_line({"--data", "shapes", "--iterations", "2000"}));
  CHECK_NOTHROW(parse_training_command_line(
      {"--data", "~/faces", "--image-size", "64", "--channels", "3", "--flip", "--minutes", "60"}));
}

}  // namespace
}  // namespace gan
