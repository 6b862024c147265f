#include "engine/settings/toml.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <set>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_bare(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-'; }
bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

void append_utf8(std::uint32_t code, std::string& text) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xc0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xe0 | (code >> 12));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xf0 | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// For messages: at most a few words of the document, nothing that could upset a terminal.
std::string excerpt(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  std::string shown;
  for (const char c : text.substr(0, kLongest)) shown += is_control(c) ? '?' : c;
  return text.size() > kLongest ? shown + "..." : shown;
}

/// Reads the one line it is given.
class LineReader {
 public:
  LineReader(std::string_view line, std::string_view source, int number)
      : rest_(line), source_(source), number_(number) {}

  bool read(TomlEntry& entry) {
    skip_space();
    if (at_end()) return false;
    entry.line = number_;
    entry.key = key();
    skip_space();
    if (peek() != '=') fail("expected 'key = value'; after '{}' comes '{}'", excerpt(entry.key), excerpt(rest_));
    rest_.remove_prefix(1);
    skip_space();
    value(entry);
    skip_space();
    if (!at_end()) fail("after the value of {} comes '{}'; accepted is one value a line", entry.key, excerpt(rest_));
    return true;
  }

  template <class... Arguments>
  [[noreturn]] void fail(fmt::format_string<Arguments...> message, Arguments&&... arguments) const {
    throw InputError(
        fmt::format("{}, line {}: {}", source_, number_, fmt::format(message, std::forward<Arguments>(arguments)...)));
  }

 private:
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  void skip_space() {
    while (peek() == ' ' || peek() == '\t') rest_.remove_prefix(1);
  }

  bool at_end() const {
    if (rest_.empty()) return true;
    if (rest_.front() != '#') return false;
    for (const char c : rest_)
      if (is_control(c)) fail("a control character in a comment");
    return true;
  }

  std::string take(std::size_t count) {
    std::string taken(rest_.substr(0, count));
    rest_.remove_prefix(count);
    return taken;
  }

  std::string key() {
    if (peek() == '[') fail("tables are not accepted: every setting stands by itself, as 'key = value'");
    if (peek() == '"' || peek() == '\'') fail("quoted keys are not accepted, as in {}", excerpt(rest_));
    std::size_t length = 0;
    while (length < rest_.size() && is_bare(rest_[length])) ++length;
    if (length == 0) fail("expected 'key = value', found '{}'", excerpt(rest_));
    std::string name = take(length);
    if (peek() == '.') fail("dotted keys are not accepted, as in {}{}", excerpt(name), excerpt(rest_));
    return name;
  }

  void value(TomlEntry& entry) {
    switch (peek()) {
      case '"':
        entry.kind = TomlKind::String;
        entry.value = basic_string();
        return;
      case '\'':
        entry.kind = TomlKind::String;
        entry.value = literal_string();
        return;
      case '[':
      case '{': fail("{}: lists and tables are not accepted", entry.key);
      default: break;
    }
    std::size_t length = 0;
    while (length < rest_.size() && (is_bare(rest_[length]) || rest_[length] == '.' || rest_[length] == '+')) ++length;
    if (length == 0) fail("{}: a value is missing", entry.key);
    const std::string word = take(length);
    entry.value = word;
    if (word == "true" || word == "false") entry.kind = TomlKind::Boolean;
    else if (!number(word, entry)) fail("{}: '{}' is no value; strings stand in \"quotes\"", entry.key, excerpt(word));
  }

  std::string literal_string() {
    const std::size_t end = rest_.find('\'', 1);
    if (end == rest_.npos) fail("a string that does not end: {}", excerpt(rest_));
    std::string inside(rest_.substr(1, end - 1));
    for (const char c : inside)
      if (is_control(c)) fail("a control character in a string");
    rest_.remove_prefix(end + 1);
    if (inside.empty() && peek() == '\'') fail("multi-line strings are not accepted");
    return inside;
  }

  std::string basic_string() {
    const std::string_view whole = rest_;
    std::string text;
    for (rest_.remove_prefix(1); !rest_.empty();) {
      const char c = take(1)[0];
      if (c == '"') {
        if (text.empty() && peek() == '"' && whole.starts_with("\"\"\"")) fail("multi-line strings are not accepted");
        return text;
      }
      if (is_control(c)) fail("a control character in a string");
      if (c == '\\') escape(text);
      else text += c;
    }
    fail("a string that does not end: {}", excerpt(whole));
  }

  void escape(std::string& text) {
    const char c = peek();
    if (!rest_.empty()) rest_.remove_prefix(1);
    switch (c) {
      case 'b': text += '\b'; return;
      case 't': text += '\t'; return;
      case 'n': text += '\n'; return;
      case 'f': text += '\f'; return;
      case 'r': text += '\r'; return;
      case '"': text += '"'; return;
      case '\\': text += '\\'; return;
      case 'u': append_utf8(code_point(4), text); return;
      case 'U': append_utf8(code_point(8), text); return;
      default: fail("'\\{}' is no escape in a string; a backslash itself is '\\\\'", excerpt({&c, 1}));
    }
  }

  std::uint32_t code_point(std::size_t digits) {
    std::uint32_t code = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = peek();
      const int digit = is_digit(c)            ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) fail("\\u takes 4 and \\U takes 8 hexadecimal digits");
      code = code * 16 + static_cast<std::uint32_t>(digit);
      rest_.remove_prefix(1);
    }
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) fail("\\u{:04x} is no character", code);
    return code;
  }

  /// TOML's decimal integers and floats: digits may be grouped by single underscores, an integer part has no leading
  /// zero, a point has digits on both sides.
  static bool number(std::string_view word, TomlEntry& entry) {
    std::string plain;
    const auto digits = [&] {
      bool after_digit = false;
      std::size_t count = 0;
      while (!word.empty() &&
             (is_digit(word[0]) || (word[0] == '_' && after_digit && word.size() > 1 && is_digit(word[1])))) {
        after_digit = is_digit(word[0]);
        if (after_digit) {
          plain += word[0];
          ++count;
        }
        word.remove_prefix(1);
      }
      return count;
    };
    const auto sign = [&] {
      if (word.empty() || (word[0] != '+' && word[0] != '-')) return;
      if (word[0] == '-') plain += '-';
      word.remove_prefix(1);
    };
    sign();
    const bool leading_zero = word.starts_with('0');
    const std::size_t whole = digits();
    if (whole == 0 || (leading_zero && whole > 1)) return false;
    entry.kind = TomlKind::Integer;
    if (word.starts_with('.')) {
      entry.kind = TomlKind::Float;
      plain += '.';
      word.remove_prefix(1);
      if (digits() == 0) return false;
    }
    if (word.starts_with('e') || word.starts_with('E')) {
      entry.kind = TomlKind::Float;
      plain += 'e';
      word.remove_prefix(1);
      sign();
      if (digits() == 0) return false;
    }
    entry.value = plain;
    return word.empty();
  }

  std::string_view rest_;
  std::string_view source_;
  int number_;
};

}  // namespace

std::vector<TomlEntry> parse_toml(std::string_view text, std::string_view source) {
  std::vector<TomlEntry> entries;
  std::set<std::string> seen;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // the byte order mark some editors write
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (end != text.npos && line.ends_with('\r')) line.remove_suffix(1);
    LineReader reader(line, source, number);
    TomlEntry entry;
    if (!reader.read(entry)) continue;
    if (!seen.insert(entry.key).second) reader.fail("{} stands here a second time", entry.key);
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string toml_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += {'\\', c};
    else if (is_control(c)) quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else quoted += c;
  }
  return quoted + "\"";
}

}  // namespace gan
