// The words, numbers and signs of a PTX text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace gan::ptx {

enum class TokenKind : std::uint8_t { kWord, kNumber, kString, kSign, kEnd };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;
  std::uint32_t line = 0;
};

/// The tokens of `text`, comments left out; the last is kEnd. They point into `text`.
std::vector<Token> tokenize(std::string_view text);

}  // namespace gan::ptx
