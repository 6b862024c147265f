#include "engine/evaluation/binomial.h"

#include <cmath>
#include <limits>

#include "kernels/core/contract/error.h"

namespace gan {

namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();  // the logarithm of 0

void require_probability(std::int64_t n, double p) {
  require(n >= 0 && p >= 0 && p <= 1, "a binomial distribution of {} trials with probability {}", n, p);
}

double log_factorial(std::int64_t n) { return std::lgamma(static_cast<double>(n) + 1); }

/// log P(X >= k) by the terms from k on, where k lies at or above the mode: each is smaller than the one before. They are
/// summed relative to the first, so that nothing underflows, until they no longer count.
double log_falling_tail(std::int64_t k, std::int64_t n, double p) {
  const double odds = p / (1 - p);
  double term = 1, sum = 1;
  for (std::int64_t i = k; i < n && term > 0x1p-60 * sum; ++i) {
    term *= static_cast<double>(n - i) / static_cast<double>(i + 1) * odds;
    sum += term;
  }
  return log_binomial_probability(k, n, p) + std::log(sum);
}

/// The p in [0, 1] at which the falling or rising `difference` changes its sign, to the last bit that bisection finds.
template <class Difference>
double root(const Difference& is_below) {
  double low = 0, high = 1;
  constexpr int kHalvings = 80;  // more than the bits of a double near 0.5; small roots keep about 1e-24
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = low + (high - low) / 2;
    (is_below(middle) ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

}  // namespace

double log_binomial_probability(std::int64_t k, std::int64_t n, double p) {
  require_probability(n, p);
  require(k >= 0 && k <= n, "{} successes of {}", k, n);
  // 0 log 0 is 0 here.
  const auto log_power = [](double base, std::int64_t times) {
    return times == 0 ? 0 : static_cast<double>(times) * std::log(base);
  };
  const double log_failures = n == k ? 0 : static_cast<double>(n - k) * std::log1p(-p);
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k) + log_power(p, k) + log_failures;
}

double log_binomial_upper_tail(std::int64_t k, std::int64_t n, double p) {
  require_probability(n, p);
  if (k <= 0) return 0;
  if (k > n || p == 0) return kNothing;
  if (p == 1) return 0;
  const double mean = static_cast<double>(n) * p;
  if (static_cast<double>(k) > mean) return log_falling_tail(k, n, p);
  // Below, the complement is the small one: P(X <= k - 1) = P(n - X >= n - k + 1).
  return std::log1p(-std::exp(log_falling_tail(n - k + 1, n, 1 - p)));
}

double binomial_upper_tail(std::int64_t k, std::int64_t n, double p) {
  return std::exp(log_binomial_upper_tail(k, n, p));
}

double binomial_lower_tail(std::int64_t k, std::int64_t n, double p) {
  return binomial_upper_tail(n - k, n, 1 - p);  // as many failures at least
}

std::int64_t binomial_critical_count(std::int64_t n, double p, double alpha) {
  require(alpha > 0 && alpha < 1, "a test at the level {}", alpha);
  std::int64_t low = 0, high = n + 1;  // the upper tail falls: at `low` it is above alpha, at `high` it is not
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (binomial_upper_tail(middle, n, p) <= alpha ? high : low) = middle;
  }
  return high;
}

ProbabilityInterval clopper_pearson(std::int64_t k, std::int64_t n, double confidence) {
  require(n >= 1 && k >= 0 && k <= n && confidence > 0 && confidence < 1, "an interval of {} from {} of {}", confidence,
          k, n);
  const double each = (1 - confidence) / 2;
  ProbabilityInterval interval;
  if (k > 0) interval.low = root([&](double p) { return binomial_upper_tail(k, n, p) < each; });
  if (k < n) interval.high = root([&](double p) { return binomial_lower_tail(k, n, p) > each; });
  return interval;
}

}  // namespace gan
