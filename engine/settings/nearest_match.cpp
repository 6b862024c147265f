#include "engine/settings/nearest_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace gan {

namespace {

/// Edits from `a` to `b`, a swap of neighbours counting once.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> edits(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) edits[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) edits[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = edits[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      edits[i][j] = std::min({edits[i - 1][j] + 1, edits[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
    }
  return edits[a.size()][b.size()];
}

}  // namespace

std::string nearest_match(std::string_view text, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongestText = 64;  // nothing that long is a slip of the finger
  constexpr std::size_t kShortestBeginning = 3;
  if (text.empty() || text.size() > kLongestText) return {};
  if (text.size() >= kShortestBeginning)
    for (const std::string& candidate : candidates)
      if (candidate.starts_with(text)) return candidate;
  std::string nearest;
  std::size_t least = std::max<std::size_t>(1, (text.size() + 1) / 3) + 1;
  for (const std::string& candidate : candidates)
    if (const std::size_t edits = distance(text, candidate); edits < least) {
      least = edits;
      nearest = candidate;
    }
  return nearest;
}

std::string did_you_mean(std::string_view text, const std::vector<std::string>& candidates, std::string_view prefix) {
  const std::string nearest = nearest_match(text, candidates);
  return nearest.empty() ? std::string() : fmt::format("; did you mean {}{}?", prefix, nearest);
}

}  // namespace gan
