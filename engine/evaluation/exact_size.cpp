#include "engine/evaluation/exact_size.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/evaluation/binomial.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

double log_choose(std::int64_t n, std::int64_t k) {
  return std::lgamma(static_cast<double>(n) + 1) - std::lgamma(static_cast<double>(k) + 1) -
         std::lgamma(static_cast<double>(n - k) + 1);
}

}  // namespace

double exact_size(std::int64_t tested, std::int64_t says_a, double alpha) {
  require(tested >= 1 && says_a >= 0 && says_a <= 2 * tested, "{} of {} verdicts for A", says_a, 2 * tested);
  const std::int64_t critical = binomial_critical_count(2 * tested, 0.5, alpha);
  double size = 0;
  for (std::int64_t x = std::max<std::int64_t>(0, says_a - tested); x <= std::min(says_a, tested); ++x)
    if (tested - says_a + 2 * x >= critical)
      size += std::exp(log_choose(tested, x) + log_choose(tested, says_a - x) - log_choose(2 * tested, says_a));
  return size;
}

CountInterval central_interval(std::span<const double> probabilities, double confidence) {
  require(!probabilities.empty() && confidence > 0 && confidence < 1, "an interval of {} for {} trials", confidence,
          probabilities.size());
  std::vector<double> chances = {1};  // of each count, among the trials so far
  for (const double p : probabilities) {
    require(p >= 0 && p <= 1, "a trial of probability {}", p);
    chances.push_back(0);
    for (std::size_t k = chances.size() - 1; k > 0; --k) chances[k] = chances[k] * (1 - p) + chances[k - 1] * p;
    chances[0] *= 1 - p;
  }
  const double outside = (1 - confidence) / 2;
  const auto counts_outside = [outside](auto first, auto last) {
    double sum = 0;
    std::int64_t count = 0;
    for (; first != last && sum + *first <= outside; ++first, ++count) sum += *first;
    return count;
  };
  return {counts_outside(chances.begin(), chances.end()),
          static_cast<std::int64_t>(probabilities.size()) - counts_outside(chances.rbegin(), chances.rend())};
}

}  // namespace gan
