#include "engine/evaluation/permutation.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "engine/evaluation/shuffle.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr std::uint32_t kPermutations = 1;  // the use of the random sequence

/// Whole numbers in proportion to `a` and, after them, `b`.
std::vector<std::int64_t> fixed_point(std::span<const float> a, std::span<const float> b) {
  double largest = 0;
  for (const std::span<const float> side : {a, b})
    for (const float value : side) {
      require(std::isfinite(value), "a permutation test of numbers that are not finite");
      largest = std::max(largest, std::abs(double{value}));
    }
  const double scale = largest > 0 ? 0x1p40 / largest : 0;
  std::vector<std::int64_t> numbers;
  numbers.reserve(a.size() + b.size());
  for (const std::span<const float> side : {a, b})
    for (const float value : side) numbers.push_back(std::llround(double{value} * scale));
  return numbers;
}

}  // namespace

double permutation_p_value(std::span<const float> a, std::span<const float> b, std::int64_t permutations,
                           std::uint64_t seed) {
  constexpr std::size_t kMost = std::size_t{1} << 22;  // sums stay below 2^62
  require(!a.empty() && !b.empty() && a.size() + b.size() <= kMost && permutations >= 1,
          "a permutation test of {} against {} numbers by {} permutations", a.size(), b.size(), permutations);
  std::vector<std::int64_t> numbers = fixed_point(a, b);
  // The sum over a decides: mean(a) - mean(b) rises with it, the total being what it is.
  const auto sum_of_first = [&] {
    return std::accumulate(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(a.size()), std::int64_t{0});
  };
  const std::int64_t observed = sum_of_first();
  std::int64_t as_large = 0;
  RandomSequence random(seed, kPermutations);
  for (std::int64_t i = 0; i < permutations; ++i) {
    choose_first(std::span(numbers), a.size(), random);
    as_large += sum_of_first() >= observed;
  }
  return static_cast<double>(1 + as_large) / static_cast<double>(1 + permutations);
}

}  // namespace gan
