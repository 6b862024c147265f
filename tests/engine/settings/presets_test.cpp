// Published recipes: every one is a set of settings that the program has and accepts.
#include "engine/settings/presets.h"

#include <set>

#include "engine/network/models/models.h"
#include "engine/settings/training_command_line.h"
#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using test::message_of;

TrainingOptions options_of(const std::vector<std::string>& arguments) {
  return parse_training_command_line(arguments).options;
}

TEST_CASE("every preset resolves against the table of settings", "[presets]") {
  std::set<std::string_view> names;
  for (const Preset& preset : presets()) {
    INFO(preset.name);
    CHECK(names.insert(preset.name).second);
    CHECK(!preset.what.empty());
    CHECK(!preset.source.empty());
    CHECK(!preset.differences.empty());
    TrainingCommandLine line;
    const SettingTable table(line, command_line_settings);
    for (const Preset::Row& row : preset.rows) {
      INFO("--" << row.setting << " " << row.value);
      REQUIRE(table.find(row.setting) != nullptr);
    }
    REQUIRE_NOTHROW(options_of({"--preset", std::string(preset.name)}));
    std::set<std::string_view> settings;
    for (const Preset::Row& row : preset.rows) CHECK(settings.insert(row.setting).second);
  }
}

TEST_CASE("every preset has networks", "[presets]") {
  for (const Preset& preset : presets()) {
    INFO(preset.name);
    const TrainingOptions o = options_of({"--preset", std::string(preset.name)});
    CHECK(misfit({.model = o.model,
                  .image = {o.image_height, o.image_width, o.channels},
                  .latent = o.latent,
                  .d_norm = norm_kind(o.norm),
                  .width = o.width}) == "");
  }
}

TEST_CASE("a preset stands in for defaults and gives way to what is typed", "[presets]") {
  const TrainingOptions o = options_of({"--preset", "anime-wgan", "--lr", "3e-4", "--minutes", "5", "--batch", "8"});
  CHECK(o.model == "anime-wgan");
  CHECK(o.objective == "wgan-gp");
  CHECK(o.d_steps == 5);
  CHECK(o.g_lr == 3e-4);
  CHECK(o.d_lr == 3e-4);
  CHECK(o.batch == 8);
  CHECK(o.minutes == 5);
  CHECK(o.iterations == 0);
  CHECK(o.data == TrainingOptions{}.data);
}

TEST_CASE("a config file wins over a preset", "[presets]") {
  const test::TemporaryFolder folder;
  const std::filesystem::path config = folder / "some.toml";
  test::write_plainly(config, "batch = 7\n");
  const TrainingOptions o = options_of({"--config", config.string(), "--preset", "anime-wgan"});
  CHECK(o.batch == 7);
  CHECK(o.d_steps == 5);
}

TEST_CASE("--preset alone lists the recipes", "[presets]") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--preset"}, {"--preset", "--batch", "3"}, {"--batch", "3", "--preset"}}) {
    const std::string text = parse_training_command_line(arguments).information;
    for (const Preset& preset : presets()) CHECK(contains(text, std::string(preset.name) + "\n"));
    CHECK(contains(text, "no maxout"));
    CHECK(contains(text, "no grouped convolutions"));
  }
}

TEST_CASE("what --preset refuses", "[presets]") {
  const auto refusal = [](const std::vector<std::string>& arguments) {
    return message_of<InputError>([&] { options_of(arguments); });
  };
  CHECK(contains(
      refusal({"--preset", "anime-wgam"}),
      "--preset: there is no recipe 'anime-wgam'; did you mean anime-wgan?; accepted are gan2014-mnist, dcgan"));
  CHECK(contains(refusal({"--preset", "dcgan", "--resume", "runs/x"}), "--preset dcgan with --resume runs/x"));
}

}  // namespace
}  // namespace gan
