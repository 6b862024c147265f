// Tails against sums of exact integers, and the properties that define the test and the interval.
#include "engine/evaluation/binomial.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/error_message.h"

using namespace gan;

namespace {

/// The row n of Pascal's triangle, n <= 60: exact in 64 bits.
std::vector<std::uint64_t> pascal(int n) {
  std::vector<std::uint64_t> row = {1};
  for (int i = 0; i < n; ++i) {
    std::vector<std::uint64_t> next(row.size() + 1, 0);
    for (std::size_t k = 0; k < row.size(); ++k) {
      next[k] += row[k];
      next[k + 1] += row[k];
    }
    row = next;
  }
  return row;
}

/// Both logarithms of factorials are rounded to about an ulp of n log n < 200 for n <= 60, six terms: 6 * 200 * 2^-53 =
/// 1.3e-13 of the logarithm is that much of the probability. With a factor of 8 to spare.
constexpr double kRounding = 1e-12;

}  // namespace

TEST_CASE("tails at 1/2 are sums of binomial coefficients over 2^n", "[binomial]") {
  for (const int n : {0, 1, 2, 7, 20, 33, 60}) {
    const std::vector<std::uint64_t> row = pascal(n);
    std::uint64_t sum = 0;
    for (int k = n; k >= 0; --k) {
      INFO("n " << n << ", k " << k);
      sum += row[static_cast<std::size_t>(k)];
      const double exact = std::ldexp(static_cast<double>(sum), -n);
      CHECK(std::abs(binomial_upper_tail(k, n, 0.5) - exact) <= kRounding * exact);
      CHECK(std::abs(binomial_lower_tail(n - k, n, 0.5) - exact) <= kRounding * exact);
      CHECK(std::abs(std::exp(log_binomial_probability(k, n, 0.5)) -
                     std::ldexp(static_cast<double>(row[static_cast<std::size_t>(k)]), -n)) <= kRounding);
    }
    CHECK(binomial_upper_tail(0, n, 0.5) == 1);
    CHECK(binomial_upper_tail(n + 1, n, 0.5) == 0);
    CHECK(binomial_lower_tail(-1, n, 0.5) == 0);
  }
}

TEST_CASE("tails at 3/8 are sums of whole numbers over 8^n", "[binomial]") {
  constexpr int kTrials = 20;  // 8^20 = 2^60
  const std::vector<std::uint64_t> row = pascal(kTrials);
  std::uint64_t sum = 0;
  for (int k = kTrials; k >= 0; --k) {
    INFO("k " << k);
    std::uint64_t ways = row[static_cast<std::size_t>(k)];
    for (int i = 0; i < k; ++i) ways *= 3;
    for (int i = k; i < kTrials; ++i) ways *= 5;
    sum += ways;
    const double exact = std::ldexp(static_cast<double>(sum), -3 * kTrials);
    CHECK(std::abs(binomial_upper_tail(k, kTrials, 0.375) - exact) <= kRounding * exact);
    CHECK(std::abs(binomial_lower_tail(kTrials - k, kTrials, 0.625) - exact) <= kRounding * exact);
  }
  CHECK(sum == std::uint64_t{1} << 60);
}

TEST_CASE("large counts: symmetric, monotonous, and finite where a double underflows", "[binomial]") {
  constexpr std::int64_t kTrials = 1'000'000;
  // Symmetry: P(X >= n/2 + 1) + P(X = n/2) / 2 = 1/2. An ulp of n log n = 1.4e7 in the logarithm is 2e-9; six of them.
  const double middle = std::exp(log_binomial_probability(kTrials / 2, kTrials, 0.5));
  CHECK(std::abs(binomial_upper_tail(kTrials / 2 + 1, kTrials, 0.5) + middle / 2 - 0.5) <= 1.2e-8);
  // Stirling: P(X = n/2) = sqrt(2 / (pi n)) (1 - 1 / (4n) + ...).
  const double stirling = std::sqrt(2 / (3.14159265358979323846 * kTrials));
  CHECK(std::abs(middle / stirling - 1) <= 1.2e-8 + 0.25 / kTrials);
  // All right: 2^-n, far below the smallest double.
  CHECK(binomial_upper_tail(kTrials, kTrials, 0.5) == 0);
  CHECK(std::abs(log_binomial_upper_tail(kTrials, kTrials, 0.5) + kTrials * std::log(2.0)) <= 1e-6);
  CHECK(binomial_upper_tail(1000, kTrials, 0.5) == 1);  // but for 2^-988,000
  double before = 1;
  for (std::int64_t k = 499'000; k <= 503'000; k += 500) {
    const double tail = binomial_upper_tail(k, kTrials, 0.5);
    CHECK(tail < before);
    before = tail;
  }
}

TEST_CASE("probabilities 0 and 1", "[binomial]") {
  CHECK(binomial_upper_tail(1, 5, 0) == 0);
  CHECK(binomial_upper_tail(0, 5, 0) == 1);
  CHECK(binomial_upper_tail(5, 5, 1) == 1);
  CHECK(binomial_lower_tail(4, 5, 1) == 0);
  CHECK(std::exp(log_binomial_probability(0, 5, 0)) == 1);
  CHECK(std::exp(log_binomial_probability(5, 5, 1)) == 1);
  CHECK(std::exp(log_binomial_probability(1, 5, 0)) == 0);
  gan::test::require_error<Error>([] { binomial_upper_tail(1, 5, 1.5); }, {"1.5"});
  gan::test::require_error<Error>([] { log_binomial_probability(6, 5, 0.5); }, {"6 successes of 5"});
}

TEST_CASE("the critical count is the first that the level allows", "[binomial]") {
  for (const std::int64_t n : {1, 4, 5, 40, 1000})
    for (const double alpha : {0.05, 0.01, 0.4}) {
      INFO("n " << n << ", alpha " << alpha);
      const std::int64_t count = binomial_critical_count(n, 0.5, alpha);
      CHECK(binomial_upper_tail(count, n, 0.5) <= alpha);
      CHECK(binomial_upper_tail(count - 1, n, 0.5) > alpha);
    }
  CHECK(binomial_critical_count(4, 0.5, 0.05) == 5);  // 2^-4 > 0.05: never
  CHECK(binomial_critical_count(5, 0.5, 0.05) == 5);  // 2^-5
}

TEST_CASE("Clopper-Pearson: the ends are where a one-sided test just rejects, and it covers", "[binomial]") {
  for (const auto& [k, n] : {std::pair{0, 10}, {1, 10}, {5, 10}, {10, 10}, {37, 400}, {0, 1}, {1, 1}}) {
    INFO(k << " of " << n);
    const ProbabilityInterval interval = clopper_pearson(k, n, 0.95);
    if (k == 0) CHECK(interval.low == 0);
    else CHECK(std::abs(binomial_upper_tail(k, n, interval.low) - 0.025) <= 1e-11);
    if (k == n) CHECK(interval.high == 1);
    else CHECK(std::abs(binomial_lower_tail(k, n, interval.high) - 0.025) <= 1e-11);
    const ProbabilityInterval mirrored = clopper_pearson(n - k, n, 0.95);
    CHECK(std::abs(mirrored.low - (1 - interval.high)) <= 1e-12);
  }
  // None of n: the upper end is 1 - 0.025^(1/n).
  CHECK(std::abs(clopper_pearson(0, 10, 0.95).high - (1 - std::pow(0.025, 0.1))) <= 1e-12);
  // It covers every p with at least its confidence: a sum over all outcomes.
  constexpr int kTrials = 25;
  for (double p = 0.01; p < 1; p += 0.01) {
    double covered = 0;
    for (int k = 0; k <= kTrials; ++k) {
      const ProbabilityInterval interval = clopper_pearson(k, kTrials, 0.9);
      if (interval.low <= p && p <= interval.high) covered += std::exp(log_binomial_probability(k, kTrials, p));
    }
    INFO("p " << p);
    CHECK(covered >= 0.9);
  }
}
