#include "engine/sample/seed_list.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr auto kLargestSeed = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

/// A seed of the list `list`.
std::uint64_t parse_seed(std::string_view text, std::string_view list) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error == std::errc::result_out_of_range || (error == std::errc() && seed > kLargestSeed))
    throw InputError(fmt::format("{} is too large a seed; accepted are 0 to {}", text, kLargestSeed));
  if (error != std::errc() || end != text.data() + text.size())
    throw InputError(fmt::format("'{}' in '{}' is no seed; accepted are whole numbers and ranges, as in 1-64,100",
                                 text.substr(0, 40), list.substr(0, 80)));
  return seed;
}

}  // namespace

SeedList SeedList::first(std::int64_t count) {
  require(count > 0, "{} seeds", count);
  SeedList list;
  list.append(1, static_cast<std::uint64_t>(count));
  return list;
}

SeedList SeedList::parse(std::string_view text) {
  SeedList list;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    const std::size_t dash = part.find('-');
    const std::uint64_t first = parse_seed(part.substr(0, dash), text);
    const std::uint64_t last = dash == part.npos ? first : parse_seed(part.substr(dash + 1), text);
    if (last < first) throw InputError(fmt::format("the range {} falls; accepted is {}-{}", part, last, first));
    list.append(first, last);
    begin = end + 1;
  }
  return list;
}

void SeedList::append(std::uint64_t first, std::uint64_t last) {
  if (last - first >= static_cast<std::uint64_t>(kMost - count_))
    throw InputError(fmt::format("more than {} seeds", kMost));
  ranges_.push_back({.first = first, .before = count_});
  count_ += static_cast<std::int64_t>(last - first) + 1;
}

std::uint64_t SeedList::operator[](std::int64_t index) const {
  require(index >= 0 && index < count_, "seed number {} of {}", index, count_);
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), index,
                                      [](std::int64_t value, const Range& range) { return value < range.before; });
  const Range& range = *(after - 1);
  return range.first + static_cast<std::uint64_t>(index - range.before);
}

}  // namespace gan
