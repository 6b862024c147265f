// The numbers of a look, against values worked out by hand.
#include "engine/watch/measures.h"

#include <cmath>

#include "kernels/core/contract/error.h"
#include "tests/support/catch.h"

using namespace gan;

TEST_CASE("means, spreads and norms", "[measures]") {
  CHECK(mean({1, 2, 6}) == 3);
  CHECK(spread({1, 2, 6}) == Approx(std::sqrt(14.0 / 3)));
  CHECK(spread({4, 4}) == 0);
  CHECK(median({6, 1, 2}) == 2);
  CHECK(median({4, 1, 3, 2}) == 3);
  CHECK(norm({3, 0, -4}) == 5);
  CHECK(standard_error({1, 3, 1, 3}, {0, 0, 0, 0}) == Approx(0.5));
  CHECK(mean_sigmoid({0, 0}) == 0.5);
  CHECK(mean_sigmoid({1000, -1000}) == 0.5);  // neither end overflows
  CHECK(mean_sigmoid({std::log(3.0)}) == Approx(0.75));
}

TEST_CASE("weights at the bounds of clipping are counted", "[measures]") {
  CHECK(share_at_bound({0.01, -0.01, 0.0099, 0.001}, 0.01) == 0.5);
  CHECK(share_at_bound({0, 0}, 0.01) == 0);
}

TEST_CASE("the distance of images is the mean over pairs of the root mean square difference", "[measures]") {
  // Three images of two pixels: differences (2, 2), (0, 0) and (2, 2): root mean squares 2, 0, 2.
  CHECK(mean_distance({1, 1, -1, -1, 1, 1}, 3) == Approx(4.0 / 3));
  CHECK(mean_distance({5, 6, 7, 5, 6, 7}, 2) == 0);
  CHECK_THROWS_AS(mean_distance({1, 2}, 1), Error);
  CHECK_THROWS_AS(mean_distance({1, 2, 3}, 2), Error);
}

TEST_CASE("what the log gets of a look", "[measures]") {
  Measures m{.on_training = 3, .on_generated = 1};
  CHECK(m.gap() == 2);
  CHECK(m.memorised() == 0);
  const std::size_t without = named(m).size();
  m.on_held_out = 2.5;
  m.clipped_share = 0.25;
  CHECK(m.memorised() == 0.5);
  CHECK(named(m).size() == without + 2);
}
