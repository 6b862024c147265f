// What did the user mean?
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gan {

/// The candidate that `text` probably means: one it is the beginning of, or else the nearest by letters left out,
/// added, replaced or swapped with the next (optimal string alignment distance), if at most a third of them differ.
/// Empty when none is near; the first of equally near ones.
std::string nearest_match(std::string_view text, const std::vector<std::string>& candidates);

/// `; did you mean --batch?`, or nothing when no candidate is near. `prefix` is put before the candidate.
std::string did_you_mean(std::string_view text, const std::vector<std::string>& candidates,
                         std::string_view prefix = "");

}  // namespace gan
