// The exact binomial distribution: what counts of successes say about a probability.
#pragma once

#include <cstdint>

namespace gan {

/// log P(X = k) for X ~ Binomial(n, p), 0 <= k <= n, 0 <= p <= 1; minus infinity where that is impossible. The error of the
/// logarithm is a few units in the last place of n log n. Error for arguments out of range, here and below.
double log_binomial_probability(std::int64_t k, std::int64_t n, double p);

/// P(X >= k) for X ~ Binomial(n, p): the one-sided p-value of k successes in n trials against "at most p", exact, by
/// summation. 1 for k <= 0, 0 for k > n.
double binomial_upper_tail(std::int64_t k, std::int64_t n, double p);

/// P(X <= k).
double binomial_lower_tail(std::int64_t k, std::int64_t n, double p);

/// log P(X >= k), where the probability itself would be too small for a double.
double log_binomial_upper_tail(std::int64_t k, std::int64_t n, double p);

/// The fewest successes whose upper tail is at most `alpha`: "reject from here on" of the one-sided test at that level,
/// whose size is binomial_upper_tail() there, at most alpha. n + 1 where no count is enough.
std::int64_t binomial_critical_count(std::int64_t n, double p, double alpha);

/// An interval of probabilities.
struct ProbabilityInterval {
  double low = 0, high = 1;
};

/// Clopper & Pearson 1934: all p that neither one-sided test at level (1 - confidence) / 2 rejects for k successes in n
/// trials. It covers the true p with at least that confidence whatever p is. n >= 1, confidence in (0, 1).
ProbabilityInterval clopper_pearson(std::int64_t k, std::int64_t n, double confidence);

}  // namespace gan
