#include "engine/plot/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gan::plot {
namespace {

constexpr const char* kMinus = "\u2212";

std::string sign_of(double value) { return value < 0 ? kMinus : ""; }

/// Digits of a number not below 0 with a comma before each three.
std::string with_thousands(std::string digits) {
  const std::size_t point = std::min(digits.find('.'), digits.size());
  for (std::size_t at = point; at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

/// A number above 0 as "mantissa·10ⁿ"; a mantissa of 1 is left out.
std::string scientific(double size, int digits) {
  const std::string text = fmt::format("{:.{}e}", size, digits - 1);  // rounds before the exponent is known
  const std::size_t e = text.find('e');
  const std::string mantissa = fmt::format("{:.{}g}", std::stod(text.substr(0, e)), digits);
  return (mantissa == "1" ? "" : mantissa + "·") + power_of_ten(std::stoi(text.substr(e + 1)));
}

}  // namespace

std::string power_of_ten(int exponent) {
  constexpr const char* kDigits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string result = "10";
  for (const char c : std::to_string(exponent)) result += c == '-' ? "⁻" : kDigits[c - '0'];
  return result;
}

std::string number_label(double value, int decimals) {
  const double size = std::abs(value);
  if (size == 0) return "0";
  if (size < 0.001 * (1 - 1e-9) || size >= 1e6) return sign_of(value) + scientific(size, 3);
  const std::string digits = fmt::format("{:.{}f}", size, decimals);
  return sign_of(value) + (size >= 1e4 ? with_thousands(digits) : digits);
}

std::string significant(double value, int digits) {
  if (std::isnan(value)) return "not a number";
  if (std::isinf(value)) return sign_of(value) + "∞";
  const double size = std::abs(value);
  if (size == 0) return "0";
  const std::string rounded = fmt::format("{:.{}e}", size, digits - 1);  // which may be a power of ten more
  const int exponent = std::stoi(rounded.substr(rounded.find('e') + 1));
  if (exponent < -3 || exponent >= 6) return sign_of(value) + scientific(size, digits);
  std::string text = fmt::format("{:.{}f}", size, std::max(0, digits - 1 - exponent));
  if (text.find('.') != std::string::npos) text.resize(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return sign_of(value) + (exponent >= 4 ? with_thousands(text) : text);
}

}  // namespace gan::plot
