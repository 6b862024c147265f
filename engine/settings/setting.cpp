#include "engine/settings/setting.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>

#include "engine/settings/nearest_match.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

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

bool is_utf8(std::string_view text) {
  try {
    (void)nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::type_error&) { return false; }
}

std::string parse_text(std::string_view text) {
  if (!is_utf8(text)) throw InputError("is not UTF-8, which config.toml and checkpoints are written in");
  return std::string(text);
}

void parse_sides(std::string_view text, const SidesValue& value) {
  const std::size_t cross = text.find('x');
  try {
    const auto width = parse_whole<std::int64_t>(text.substr(0, cross));
    *value.height = cross == text.npos ? width : parse_whole<std::int64_t>(text.substr(cross + 1));
    *value.width = width;
  } catch (const InputError&) {
    throw InputError(fmt::format("'{}' is not an image size; accepted are N and WxH, as in 64 or 96x64", text));
  }
}

/// The whole numbers that a value consists of, none of a type that has no ranges.
std::vector<std::int64_t> whole_numbers(const SettingValue& value) {
  return std::visit(Overloaded{
                        [](int* number) { return std::vector<std::int64_t>{*number}; },
                        [](std::int64_t* number) { return std::vector<std::int64_t>{*number}; },
                        [](SidesValue sides) {
                          return std::vector<std::int64_t>{*sides.width, *sides.height};
                        },
                        [](auto) { return std::vector<std::int64_t>{}; },
                    },
                    value);
}

[[noreturn]] void refuse(const Setting& setting, std::string_view value, std::string_view accepted) {
  throw InputError(fmt::format("--{}: {} is out of range; accepted {}", setting.name, value, accepted));
}

void check_accepted(const Setting& setting, const WholeRange& range) {
  const std::string words = fmt::format("are {} to {}", range.low, range.high);
  if (auto* const number = std::get_if<std::uint64_t*>(&setting.value)) {
    if (**number < static_cast<std::uint64_t>(range.low) || **number > static_cast<std::uint64_t>(range.high))
      refuse(setting, std::to_string(**number), words);
  }
  for (const std::int64_t number : whole_numbers(setting.value))
    if (number < range.low || number > range.high) refuse(setting, std::to_string(number), words);
}

/// "more than 0, up to 10", "0 or more and less than 1", "0 to 1".
std::string words_for(const RealRange& range) {
  const auto number = [](double value) {
    return value == std::floor(value) ? fmt::format("{:.0f}", value) : fmt::format("{}", value);
  };
  const std::string low = number(range.low), high = number(range.high);
  const bool with_low = range.at_low == RealRange::End::Included, with_high = range.at_high == RealRange::End::Included;
  if (with_low && with_high) return fmt::format("{} to {}", low, high);
  if (with_low) return fmt::format("{} or more and less than {}", low, high);
  if (with_high) return fmt::format("more than {}, up to {}", low, high);
  return fmt::format("more than {} and less than {}", low, high);
}

void check_accepted(const Setting& setting, const RealRange& range) {
  double value = 0;
  if (auto* const number = std::get_if<double*>(&setting.value)) value = **number;
  else if (auto* const pair = std::get_if<PairValue>(&setting.value)) {
    if (*pair->first != *pair->second) return;  // rows of their own check each
    value = *pair->first;
  }
  const bool above = value > range.low || (value == range.low && range.at_low == RealRange::End::Included);
  const bool below = value < range.high || (value == range.high && range.at_high == RealRange::End::Included);
  if (!above || !below) refuse(setting, fmt::format("{}", value), "is " + words_for(range));
}

void check_accepted(const Setting& setting, const Choices& choices) {
  const std::string value = value_text(setting);
  if (std::find(choices.names.begin(), choices.names.end(), value) != choices.names.end()) return;
  throw InputError(fmt::format("--{}: '{}' is unknown; accepted are {}{}", setting.name, value,
                               fmt::join(choices.names, ", "), did_you_mean(value, choices.names)));
}

void check_accepted(const Setting& setting, const WholeChoices& choices) {
  for (const std::int64_t number : whole_numbers(setting.value))
    if (std::find(choices.numbers.begin(), choices.numbers.end(), number) == choices.numbers.end())
      throw InputError(fmt::format("--{}: {} is not accepted; accepted are {}", setting.name, number, choices.words));
}

void check_accepted(const Setting& setting, const NotEmpty& text) {
  if (value_text(setting).empty())
    throw InputError(fmt::format("--{}: is empty; accepted are {}", setting.name, text.words));
}

void check_accepted(const Setting&, std::monostate) {}

}  // namespace

SettingKind kind_of(const Setting& setting) {
  return std::visit(Overloaded{
                        [](std::string*) { return SettingKind::Text; },
                        [](std::filesystem::path*) { return SettingKind::Text; },
                        [](bool*) { return SettingKind::Flag; },
                        [](double*) { return SettingKind::Real; },
                        [](PairValue) { return SettingKind::Real; },
                        [](SidesValue) { return SettingKind::Sides; },
                        [](auto) { return SettingKind::Whole; },
                    },
                    setting.value);
}

std::string_view words_for(SettingKind kind) {
  switch (kind) {
    case SettingKind::Text: return "a string";
    case SettingKind::Whole: return "a whole number";
    case SettingKind::Real: return "a number";
    case SettingKind::Flag: return "true or false";
    case SettingKind::Sides: return "a whole number or a string \"WxH\"";
  }
  throw Error("a setting of no kind");
}

std::string value_text(const Setting& setting) {
  return std::visit(Overloaded{
                        [](std::filesystem::path* value) { return value->string(); },
                        [](SidesValue value) { return fmt::format("{}x{}", *value.width, *value.height); },
                        [](PairValue value) { return fmt::format("{}", *value.first); },
                        [](auto* value) { return fmt::format("{}", *value); },
                    },
                    setting.value);
}

void set_value(const Setting& setting, std::string_view text) {
  std::visit(Overloaded{
                 [&](std::string* value) { *value = parse_text(text); },
                 [&](std::filesystem::path* value) { *value = text; },
                 [&](bool* value) { *value = parse_flag(text); },
                 [&](double* value) { *value = parse_real(text); },
                 [&](SidesValue value) { parse_sides(text, value); },
                 [&](PairValue value) { *value.first = *value.second = parse_real(text); },
                 [&]<class Integer>(Integer* value) { *value = parse_whole<Integer>(text); },
             },
             setting.value);
}

void clear_value(const Setting& setting) {
  std::visit(Overloaded{
                 [](SidesValue) { throw Error("image sizes are no alternatives"); },
                 [](PairValue) { throw Error("pairs are no alternatives"); },
                 [](auto* value) { *value = std::decay_t<decltype(*value)>(); },
             },
             setting.value);
}

void check_value(const Setting& setting) {
  std::visit([&](const auto& accepted) { check_accepted(setting, accepted); }, setting.accepted);
  const Condition& condition = setting.only_with;
  if (condition.holds && !condition.holds() && value_text(setting) != setting.default_text)
    throw InputError(fmt::format("--{}: means something with {} only", setting.name, condition.words));
}

}  // namespace gan
