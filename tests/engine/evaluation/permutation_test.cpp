// The permutation test against all permutations.
#include "engine/evaluation/permutation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "engine/evaluation/shuffle.h"
#include "tests/support/catch.h"
#include "tests/support/error_message.h"

using namespace gan;

namespace {

using Numbers = std::vector<float>;

/// Calls `body(a, b)` for every way to deal `numbers` out to two samples, `first` of them to a.
template <class Body>
void for_each_deal(const Numbers& numbers, int first, const Body& body) {
  for (unsigned mask = 0; mask < 1u << numbers.size(); ++mask) {
    Numbers a, b;
    for (std::size_t i = 0; i < numbers.size(); ++i) ((mask >> i & 1) != 0 ? a : b).push_back(numbers[i]);
    if (static_cast<int>(a.size()) == first) body(a, b);
  }
}

double mean(const Numbers& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

/// The share of all deals whose difference of means is at least that of (a, b). Whole numbers and sizes that are powers of
/// two: exact.
double exact_p_value(const Numbers& a, const Numbers& b) {
  Numbers all = a;
  all.insert(all.end(), b.begin(), b.end());
  int deals = 0, as_large = 0;
  for_each_deal(all, static_cast<int>(a.size()), [&](const Numbers& x, const Numbers& y) {
    ++deals;
    as_large += mean(x) - mean(y) >= mean(a) - mean(b);
  });
  return static_cast<double>(as_large) / deals;
}

}  // namespace

TEST_CASE("the p-value is the share of deals that separate as well, and uniform over all of them", "[permutation]") {
  constexpr std::int64_t kPermutations = 20'000;
  for (const Numbers& numbers : {Numbers{1, 2, 4, 8, 16, 32}, Numbers{-3, 0, 0, 1, 1, 5}}) {
    std::vector<double> exact;
    std::uint64_t seed = 1;
    for_each_deal(numbers, 2, [&](const Numbers& a, const Numbers& b) {
      const double p = exact_p_value(a, b);
      exact.push_back(p);
      // (1 + X) / (1 + N), X ~ Binomial(N, p): five standard deviations, and the observed deal's 1 / N.
      const double band = 5 * std::sqrt(p * (1 - p) / kPermutations) + 1.0 / kPermutations;
      CHECK(std::abs(permutation_p_value(a, b, kPermutations, seed++) - p) <= band);
    });
    REQUIRE(exact.size() == 15);
    // Under exchangeability every deal is as likely: the share with p <= alpha is at most alpha, and reaches every p.
    for (const double alpha : exact)
      CHECK(std::count_if(exact.begin(), exact.end(), [&](double p) { return p <= alpha; }) ==
            std::llround(alpha * 15));
  }
}

TEST_CASE("with few permutations the test keeps its level", "[permutation]") {
  // Over all 924 deals of distinct numbers, 19 permutations each: p <= 0.05 only where none of them is as large. With the
  // share q of deals as large as the observed one, that is (1 - q)^19, and its mean over the deals is at most 1/20.
  Numbers numbers(12);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(1 << i);
  int deals = 0, rejected = 0;
  double expected = 0;
  for_each_deal(numbers, 6, [&](const Numbers& a, const Numbers& b) {
    ++deals;
    rejected += permutation_p_value(a, b, 19, static_cast<std::uint64_t>(deals)) <= 0.05;
  });
  REQUIRE(deals == 924);
  for (int rank = 1; rank <= deals; ++rank) expected += std::pow(1 - double(rank) / deals, 19);
  CHECK(expected <= 0.05 * deals);
  CHECK(std::abs(rejected - expected) <= 5 * std::sqrt(expected));  // a sum of independent trials
}

TEST_CASE("ties count, in any order of summation", "[permutation]") {
  const Numbers same(7, 0.1F), other(9, 0.1F);
  CHECK(permutation_p_value(same, other, 50, 1) == 1);
  // Sums of these differ by rounding in floating point, depending on the order; all deals are equally good.
  const Numbers mixed = {0.1F, 0.2F, 0.3F, 1e6F}, again = {1e6F, 0.3F, 0.2F, 0.1F};
  CHECK(permutation_p_value(mixed, again, 2000, 1) > 0.5);
  CHECK(permutation_p_value(Numbers{0}, Numbers{0}, 10, 1) == 1);
}

TEST_CASE("far apart: the least p there is; reversed: the largest", "[permutation]") {
  Numbers low(40), high(40);
  for (std::size_t i = 0; i < low.size(); ++i) {
    low[i] = static_cast<float>(i);
    high[i] = 1000 + static_cast<float>(i);
  }
  CHECK(permutation_p_value(high, low, 999, 1) == 0.001);  // one in C(80, 40) deals is as good
  CHECK(permutation_p_value(low, high, 999, 1) == 1);
  CHECK(permutation_p_value(high, low, 999, 7) == permutation_p_value(high, low, 999, 8));
  const Numbers near = {1, 3, 5, 7}, by = {2, 4, 6, 8};
  CHECK(permutation_p_value(near, by, 999, 7) == permutation_p_value(near, by, 999, 7));
  const Numbers wrong = {1, std::numeric_limits<float>::quiet_NaN()};
  gan::test::require_error<Error>([&] { permutation_p_value(wrong, near, 9, 1); }, {"not finite"});
  gan::test::require_error<Error>([&] { permutation_p_value({}, near, 9, 1); }, {"0 against 4"});
}

TEST_CASE("random orders are permutations, and every one as likely", "[permutation]") {
  std::vector<std::int64_t> order = random_order(100, 3, 1);
  CHECK(order == random_order(100, 3, 1));
  CHECK(order != random_order(100, 4, 1));
  CHECK(order != random_order(100, 3, 2));
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < order.size(); ++i) CHECK(order[i] == static_cast<std::int64_t>(i));
  constexpr int kDraws = 24'000;
  std::vector<int> seen(24, 0);
  for (int seed = 0; seed < kDraws; ++seed) {
    std::vector<std::int64_t> four = random_order(4, static_cast<std::uint64_t>(seed), 1), rank = {0, 1, 2, 3};
    int number = 0;
    while (rank != four) {
      std::next_permutation(rank.begin(), rank.end());
      ++number;
    }
    ++seen[static_cast<std::size_t>(number)];
  }
  for (const int count : seen) CHECK(std::abs(count - 1000) <= 5 * std::sqrt(1000.0));
}
