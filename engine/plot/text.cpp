#include "engine/plot/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels/core/contract/error.h"

namespace gan::plot {
namespace {

/// The length of the UTF-8 sequence at the beginning of `text`; 0 when that is none (RFC 3629: no overlong form, no half of
/// a surrogate pair, nothing above U+10FFFF). `code` gets the character.
std::size_t read_character(std::string_view text, std::uint32_t& code) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    code = first;
    return 1;
  }
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  code = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3FU);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < kSmallest[length] || code > 0x10FFFF || surrogate ? 0 : length;
}

/// Thousandths of the font size.
int character_width(std::uint32_t code) {
  constexpr std::string_view kNarrow = "iljtfrI.,:;'|!()[]/ -";
  constexpr std::string_view kWide = "mwMW@%";
  if (code >= 0x2E80) return 1000;  // Chinese, and the symbols beyond
  if (code >= 0x80) return 600;
  const char c = static_cast<char>(code);
  if (kNarrow.find(c) != std::string_view::npos) return 320;
  if (kWide.find(c) != std::string_view::npos) return 860;
  return c >= 'A' && c <= 'Z' ? 710 : 570;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    std::uint32_t code = 0;
    const std::size_t length = read_character(text, code);
    const bool control = code < 0x20 && code != '\t' && code != '\n' && code != '\r';
    const bool no_character = code == 0xFFFE || code == 0xFFFF;
    if (length == 0 || control || no_character) result += "\uFFFD";
    else if (code == '&') result += "&amp;";
    else if (code == '<') result += "&lt;";
    else if (code == '>') result += "&gt;";
    else if (code == '"') result += "&quot;";
    else if (code == '\'') result += "&#39;";
    else result += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

double text_width(std::string_view text, double size) {
  int thousandths = 0;
  while (!text.empty()) {
    std::uint32_t code = 0;
    const std::size_t length = read_character(text, code);
    thousandths += character_width(length == 0 ? 0xFFFD : code);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  constexpr double kRoom = 1.1;  // the widest usual sans-serif fonts are a tenth wider than Helvetica
  return kRoom * thousandths * size / 1000;
}

std::vector<std::string> wrapped(std::string_view text, double size, double width) {
  std::vector<std::string> lines(1);
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word(text.substr(begin, end - begin));
    std::string& line = lines.back();
    if (line.empty()) line = word;
    else if (text_width(fmt::format("{} {}", line, word), size) <= width) line.append(" ").append(word);
    else lines.push_back(word);
    begin = end + 1;
  }
  return lines;
}

std::string px(double position) {
  require(std::isfinite(position), "a plot's position is {}", position);
  const double tenths = std::round(position * 10);
  if (tenths == 0) return "0";  // and not -0
  std::string digits = fmt::format("{:.1f}", tenths / 10);
  if (digits.ends_with(".0")) digits.resize(digits.size() - 2);
  return digits;
}

}  // namespace gan::plot
