// Every setting of a run, once: the command line, its help, config.toml and the check on resuming are made from this
// table.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/settings/options.h"

namespace gan {

/// --image-size: TrainingOptions::image_height and image_width.
struct ImageSizeMembers {};
/// --lr: TrainingOptions::g_lr and d_lr.
struct LearningRateMembers {};

/// What a setting's value looks like.
enum class SettingKind { Text, Whole, Real, Flag, ImageSize };

/// Where a setting may stand.
enum class SettingPlace {
  Everywhere,      ///< command line and config file; config.toml of a run records it
  NotRecorded,     ///< command line and config file, but it says nothing of the run that another setting does not
  CommandLineOnly  ///< about this call of the program, not about the run
};

struct Setting {
  using Member =
      std::variant<std::string TrainingOptions::*, std::filesystem::path TrainingOptions::*, bool TrainingOptions::*,
                   int TrainingOptions::*, std::int64_t TrainingOptions::*, std::uint64_t TrainingOptions::*,
                   double TrainingOptions::*, ImageSizeMembers, LearningRateMembers>;

  std::string_view name;         ///< `d-steps`: the option is --d-steps, the key d-steps
  std::string_view group;        ///< heading in the help and in config.toml
  std::string_view placeholder;  ///< `N` in `--batch N`; empty for a flag
  std::string_view help;         ///< what it does, with units
  Member member;
  std::string_view default_note = "";  ///< the default in words, where the value does not speak for itself
  SettingPlace place = SettingPlace::Everywhere;
  bool decides_result = true;  ///< whether another value leads to other weights after the same number of iterations
};

/// All settings, in the order in which help and config.toml show them. --lr comes before --g-lr and --d-lr, which may
/// refine it.
std::span<const Setting> settings();

/// The setting of that name, or null.
const Setting* find_setting(std::string_view name);

/// Whether it is one of --iterations, --epochs and --minutes, of which one counts.
bool is_length(std::string_view name);

/// No length: all three 0.
void clear_length(TrainingOptions& options);

SettingKind kind(const Setting& setting);

/// "a whole number": what is expected, for messages.
std::string_view describe(SettingKind kind);

/// The value as the user would type it: `64`, `0.0002`, `32x32` (width first), `true`. Numbers have
/// the fewest digits that read back as the same number.
std::string value_text(const Setting& setting, const TrainingOptions& options);

/// Sets the value from text as a user types it. InputError `'abc' is not a whole number`; the caller says where. Ranges
/// are check_options()'s business.
void set_value(const Setting& setting, std::string_view text, TrainingOptions& options);

/// `--batch was 64, now 32` for every setting that decides the result and differs. --device and --threads are among
/// them: other summation orders, other bits.
std::vector<std::string> result_changes(const TrainingOptions& before, const TrainingOptions& now);

}  // namespace gan
