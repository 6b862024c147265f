#include "tests/ptx/interpreter/tokens.h"

#include <cctype>

namespace gan::ptx {
namespace {

bool starts_word(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%' || c == '.';
}
bool in_word(char c) { return starts_word(c) || std::isdigit(static_cast<unsigned char>(c)); }

}  // namespace

std::vector<Token> tokenize(std::string_view text) {
  std::vector<Token> tokens;
  std::uint32_t line = 1;
  std::size_t i = 0;
  const auto push = [&](TokenKind kind, std::size_t end) {
    tokens.push_back({kind, text.substr(i, end - i), line});
    i = end;
  };
  while (i < text.size() && text[i] != 0) {
    const char c = text[i];
    if (c == '\n') ++line, ++i;
    else if (std::isspace(static_cast<unsigned char>(c))) ++i;
    else if (text.substr(i, 2) == "//")
      while (i < text.size() && text[i] != '\n') ++i;
    else if (text.substr(i, 2) == "/*") {
      while (i < text.size() && text.substr(i, 2) != "*/") line += text[i++] == '\n';
      i += 2;
    } else if (c == '"') {
      push(TokenKind::kString, text.find('"', i + 1) + 1);
    } else if (std::isdigit(static_cast<unsigned char>(c))) {
      std::size_t end = i;
      while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '.')) ++end;
      push(TokenKind::kNumber, end);
    } else if (starts_word(c)) {
      std::size_t end = i;
      // "::" belongs to a word: .shared::cta
      while (end < text.size() && (in_word(text[end]) || (text.substr(end, 2) == "::" && end + 2 < text.size() &&
                                                          std::isalpha(static_cast<unsigned char>(text[end + 2])))))
        end += text[end] == ':' ? 2 : 1;
      push(TokenKind::kWord, end);
    } else {
      push(TokenKind::kSign, i + 1);
    }
  }
  tokens.push_back({TokenKind::kEnd, "", line});
  return tokens;
}

}  // namespace gan::ptx
