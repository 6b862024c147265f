// One setting of a program: a row of its table (setting_table.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gan {

/// The two sides of an image, written as one value: 64 or 96x64 (width first).
struct SidesValue {
  std::int64_t* width = nullptr;
  std::int64_t* height = nullptr;
};

/// Two numbers that one setting sets alike. Rows that follow in the table may refine each.
struct PairValue {
  double* first = nullptr;
  double* second = nullptr;
};

/// Where a setting's value is kept: a field of the options that its program has made. It must outlive the row.
using SettingValue = std::variant<std::string*, std::filesystem::path*, bool*, int*, std::int64_t*, std::uint64_t*,
                                  double*, SidesValue, PairValue>;

/// Whole numbers from `low` to `high`; for both sides of a SidesValue.
struct WholeRange {
  std::int64_t low = 0, high = 0;
};

/// Real numbers between two ends. Both are finite, so that NaN and infinities lie in no range.
struct RealRange {
  enum class End { Included, Excluded };
  double low = 0, high = 0;
  End at_low = End::Included, at_high = End::Included;
};

/// One of some names.
struct Choices {
  std::vector<std::string> names;
};

/// One of some numbers that are not in a row; `words` names them: "1 (grey) and 3 (colour)".
struct WholeChoices {
  std::vector<std::int64_t> numbers;
  std::string_view words;
};

/// Any text but the empty one; `words` says which make sense.
struct NotEmpty {
  std::string_view words;
};

/// What a value may be; monostate: anything that its type can hold.
using AcceptedValues = std::variant<std::monostate, WholeRange, RealRange, Choices, WholeChoices, NotEmpty>;

/// When a setting means something. An empty `holds`: always.
struct Condition {
  std::function<bool()> holds;
  std::string_view words;  ///< "--resume DIR", for messages: "means something with --resume DIR only"
};

/// Where a setting may stand.
enum class SettingPlace {
  Everywhere,      ///< command line and config file; the config.toml of a run records it
  NotRecorded,     ///< command line and config file, but it says nothing of the run that another setting does not
  CommandLineOnly  ///< about this call of the program, not about the run
};

/// How a value is written.
enum class SettingKind { Text, Whole, Real, Flag, Sides };

/// A row. Everything that the program does with a setting follows from it: command line, config file, help, checks, the
/// comparison on resuming.
struct Setting {
  std::string_view name;         ///< `d-steps`: the option is --d-steps, the key d-steps
  std::string_view group;        ///< heading in the help and in config.toml
  std::string_view placeholder;  ///< `N` in `--batch N`; empty for a flag
  std::string_view help;         ///< what it does, with units
  SettingValue value;
  AcceptedValues accepted = {};
  Condition only_with = {};              ///< a value other than the default is refused where this does not hold
  std::string_view alternative_of = "";  ///< settings with the same text here exclude each other: 0 where not chosen
  std::string_view default_note = "";    ///< the default in words, where the value does not speak for itself
  SettingPlace place = SettingPlace::Everywhere;
  bool decides_result = true;     ///< whether another value leads to other weights after the same number of iterations
  std::string default_text = {};  ///< value_text() of the program's default; filled in by SettingTable
};

SettingKind kind_of(const Setting& setting);

/// "a whole number": what is expected, for messages.
std::string_view words_for(SettingKind kind);

/// The value as the user would type it: `64`, `0.0002`, `32x32`, `true`. Numbers have the fewest digits that read back
/// as the same number.
std::string value_text(const Setting& setting);

/// Sets the value from text as a user types it. InputError `'abc' is not a whole number`; the caller says where. Ranges
/// are check_value()'s business.
void set_value(const Setting& setting, std::string_view text);

/// Makes an alternative one that is not chosen.
void clear_value(const Setting& setting);

/// InputError `--batch: 0 is out of range; accepted are 1 to 65536` unless the value is among the accepted ones and the
/// setting means something beside the others.
void check_value(const Setting& setting);

}  // namespace gan
