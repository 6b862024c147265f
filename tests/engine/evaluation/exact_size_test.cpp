// The size of the test by trying all deals, and intervals of counts.
#include "engine/evaluation/exact_size.h"

#include <bit>
#include <cmath>
#include <vector>

#include "engine/evaluation/binomial.h"
#include "tests/support/catch.h"

using namespace gan;

TEST_CASE("the size is the share of all deals that are rejected", "[exact_size]") {
  constexpr int kTested = 7;
  for (const double alpha : {0.05, 0.2, 0.4})
    for (int says_a = 0; says_a <= 2 * kTested; ++says_a) {
      // Image i is said to be A where i < says_a; a mask says which images are of A.
      int deals = 0, rejected = 0;
      for (unsigned of_a = 0; of_a < 1U << (2 * kTested); ++of_a) {
        if (std::popcount(of_a) != kTested) continue;
        ++deals;
        int correct = 0;
        for (int i = 0; i < 2 * kTested; ++i) correct += ((of_a >> i & 1) != 0) == (i < says_a);
        rejected += binomial_upper_tail(correct, 2 * kTested, 0.5) <= alpha;
      }
      REQUIRE(deals == 3432);
      INFO("alpha " << alpha << ", " << says_a << " said to be A");
      CHECK(std::abs(exact_size(kTested, says_a, alpha) - static_cast<double>(rejected) / deals) <= 1e-13);
    }
}

TEST_CASE("an even split of verdicts: near the level, on one side or the other of it as counts fall", "[exact_size]") {
  // Right answers have variance n/2 (1/2)... of the hypergeometric, tested^2 / (4 (2 tested - 1)), times 4: tested^2 / (2
  // tested - 1), against the binomial's tested / 2: nearly the same, but only every second count occurs.
  for (const std::int64_t tested : {100, 101, 1000}) {
    const double even = exact_size(tested, tested, 0.05), odd = exact_size(tested, tested + 1, 0.05);
    CHECK(even > 0.02);
    CHECK(even < 0.06);
    CHECK(odd > 0.02);
    CHECK(odd < 0.06);
  }
  CHECK(exact_size(100, 0, 0.05) == 0);  // always B: half of the verdicts are right, come what may
  CHECK(exact_size(100, 200, 0.05) == 0);
}

TEST_CASE("the central interval of equal trials is the binomial one", "[exact_size]") {
  const std::vector<double> twentieths(200, 0.05);
  const CountInterval interval = central_interval(twentieths, 0.99);
  CHECK(binomial_lower_tail(interval.low - 1, 200, 0.05) <= 0.005);
  CHECK(binomial_lower_tail(interval.low, 200, 0.05) > 0.005);
  CHECK(binomial_upper_tail(interval.high + 1, 200, 0.05) <= 0.005);
  CHECK(binomial_upper_tail(interval.high, 200, 0.05) > 0.005);
}

TEST_CASE("the central interval of trials that differ", "[exact_size]") {
  // 0 or 1 success with 0.9 * 0.5 = 0.45 and 0.5, 2 with 0.05; certain ones shift it.
  const std::vector<double> two = {0.1, 0.5}, more = {1, 0.1, 1, 0.5, 0};
  CHECK(central_interval(two, 0.5).low == 0);
  CHECK(central_interval(two, 0.5).high == 1);
  CHECK(central_interval(two, 0.95).high == 2);
  CHECK(central_interval(more, 0.5).low == 2);
  CHECK(central_interval(more, 0.5).high == 3);
}
