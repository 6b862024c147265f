#include "engine/plot/ticks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/core/contract/error.h"

namespace gan::plot {
namespace {

constexpr const char* kMinus = "\u2212";

/// "10⁻³" for -3.
std::string power_of_ten(int exponent) {
  constexpr const char* kDigits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string result = "10";
  for (const char c : std::to_string(exponent)) result += c == '-' ? "⁻" : kDigits[c - '0'];
  return result;
}

/// Digits of a number not below 0 with a comma before each three.
std::string with_thousands(std::string digits) {
  const std::size_t point = std::min(digits.find('.'), digits.size());
  for (std::size_t at = point; at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

/// A whole number up to 9 times a power of ten.
std::string multiple_label(int multiple, int exponent, bool plain) {
  if (plain) return number_label(multiple * std::pow(10.0, exponent), std::max(0, -exponent));
  return multiple == 1 ? power_of_ten(exponent) : fmt::format("{}·{}", multiple, power_of_ten(exponent));
}

std::vector<Tick> linear_ticks(double low, double high, int at_most) {
  const double smallest_step = (high - low) / std::max(1, at_most - 1);
  const int exponent = static_cast<int>(std::floor(std::log10(smallest_step)));
  const double unit = std::pow(10.0, exponent);
  double step = 10 * unit;
  for (const int multiple : {1, 2, 5})
    if (multiple * unit >= smallest_step * (1 - 1e-9)) {
      step = multiple * unit;
      break;
    }
  const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  const double slack = 1e-9;  // of a step: an end that is a multiple up to rounding has its tick
  std::vector<Tick> ticks;
  const double last = std::floor(high / step + slack);
  for (double k = std::ceil(low / step - slack); k <= last; ++k)
    ticks.push_back({.at = k == 0 ? 0 : k * step, .label = number_label(k == 0 ? 0 : k * step, decimals)});
  return ticks;
}

std::vector<Tick> logarithmic_ticks(double low, double high, int at_most) {
  const double slack = 1e-9;
  const int first = static_cast<int>(std::ceil(std::log10(low) - slack));
  const int last = static_cast<int>(std::floor(std::log10(high) + slack));
  const int decades = last - first + 1;
  const int stride = std::max(1, (decades + std::max(at_most, 2) - 1) / std::max(at_most, 2));
  const bool plain = first >= -3 && last <= 3;
  const bool few = decades < 3;
  std::vector<Tick> ticks;
  int labels = 0;
  for (int exponent = first - 1; exponent <= last; ++exponent) {
    for (int multiple = 1; multiple <= (stride == 1 ? 9 : 1); ++multiple) {
      const double at = multiple * std::pow(10.0, exponent);
      if (at < low * (1 - slack) || at > high * (1 + slack)) continue;
      const bool labelled = multiple == 1 ? (exponent - first) % stride == 0 : few && (multiple == 2 || multiple == 5);
      labels += labelled ? 1 : 0;
      ticks.push_back({.at = at, .label = labelled ? multiple_label(multiple, exponent, plain) : ""});
    }
  }
  return labels >= 2 ? ticks : linear_ticks(low, high, at_most);
}

}  // namespace

std::string number_label(double value, int decimals) {
  const double size = std::abs(value);
  const std::string sign = value < 0 ? kMinus : "";
  if (size == 0) return "0";
  if (size >= 0.001 * (1 - 1e-9) && size < 1e6) {
    const std::string digits = fmt::format("{:.{}f}", size, decimals);
    return sign + (size >= 1e4 ? with_thousands(digits) : digits);
  }
  int exponent = static_cast<int>(std::floor(std::log10(size) + 1e-12));
  const std::string mantissa = fmt::format("{:.3g}", size / std::pow(10.0, exponent));
  return sign + (mantissa == "1" ? "" : mantissa + "·") + power_of_ten(exponent);
}

std::vector<Tick> axis_ticks(double low, double high, Scale scale, int at_most) {
  require(std::isfinite(low) && std::isfinite(high) && low < high && (scale == Scale::Linear || low > 0),
          "an axis from {} to {}", low, high);
  return scale == Scale::Linear ? linear_ticks(low, high, at_most) : logarithmic_ticks(low, high, at_most);
}

}  // namespace gan::plot
