// Where points come to lie in a picture. The window of real points from 0 to 1 in both directions goes from -0.25 to 1.25.
#include "engine/files/points_picture.h"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/core/contract/error.h"
#include "tests/support/catch.h"

namespace gan {
namespace {

constexpr std::int64_t kSide = 512;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();

using Pixel = std::array<int, 3>;
constexpr Pixel kWhite = {255, 255, 255};

Pixel pixel(const Image& picture, std::int64_t row, std::int64_t column) {
  const auto at = static_cast<std::size_t>(3 * (row * picture.width + column));
  return {picture.pixels[at], picture.pixels[at + 1], picture.pixels[at + 2]};
}

const std::vector<float> kCorners = {0, 0, 1, 1};

TEST_CASE("a generated point is a blue dot in its place, up is up", "[points_picture]") {
  const Image without = points_picture(kCorners, {}, 2);
  REQUIRE(without.height == kSide);
  REQUIRE(without.width == kSide);
  REQUIRE(without.channels == 3);
  const Image with = points_picture(kCorners, std::vector<float>{0.2F, 0.7F}, 2);
  double sum = 0, rows = 0, columns = 0;
  for (std::int64_t row = 0; row < kSide; ++row)
    for (std::int64_t column = 0; column < kSide; ++column) {
      const Pixel before = pixel(without, row, column), after = pixel(with, row, column);
      if (before == after) continue;
      REQUIRE(before == kWhite);  // here no real point is
      CHECK(after[0] < after[1]);
      CHECK(after[1] < after[2]);
      const double ink = before[0] - after[0];
      sum += ink;
      rows += ink * (static_cast<double>(row) + 0.5);
      columns += ink * (static_cast<double>(column) + 0.5);
    }
  // Its centre of mass, to half a pixel: the edge is soft, so that a disc's is nearer than its nearest pixel.
  CHECK(columns / sum == Approx(0.45 / 1.5 * 512).margin(0.5).epsilon(0));
  CHECK(rows / sum == Approx((1 - 0.95 / 1.5) * 512).margin(0.5).epsilon(0));
  // 0.6 of its colour over white in the middle; a disc of radius 2 with an edge of a pixel has 4 pi pixels, a pixel's worth
  // of them at most missing or more by their places.
  CHECK(pixel(with, 187, 153) == Pixel{102, 170, 209});
  CHECK(sum / (0.6 * 255) == Approx(4 * 3.14159).margin(1).epsilon(0));
}

TEST_CASE("real points are grey, and lie below", "[points_picture]") {
  const Image real = points_picture(kCorners, {}, 2);
  const auto row = static_cast<std::int64_t>((1 - 1.25 / 1.5) * 512),
             column = static_cast<std::int64_t>(1.25 / 1.5 * 512);
  CHECK(pixel(real, row, column) == Pixel{194, 194, 194});  // (1, 1): 0.6 of 153 over 255
  CHECK(pixel(real, row, kSide - 1 - column) == kWhite);
  const Image both = points_picture(kCorners, std::vector<float>{1, 1}, 2);
  CHECK(pixel(both, row, column) == Pixel{78, 146, 184});  // 0.6 of (0, 114, 178) over 194
}

TEST_CASE("points outside, and what is no number, are left out", "[points_picture]") {
  const Image without = points_picture(kCorners, {}, 2);
  const std::vector<float> none = {kNaN,   0.5F, 0.5F,    kNaN, kInfinity, 0.5F, 0.5F, -kInfinity, 1e30F, 0.5F,
                                   -1e30F, 0.5F, 1.2505F, 0.5F, -0.2505F,  0.5F, 0.5F, 1.2505F,    0.5F,  -0.2505F};
  CHECK((points_picture(kCorners, none, 2).pixels == without.pixels));
  // a point on the border of the window is half in the picture, and nothing is written beside it
  const Image border = points_picture(kCorners, std::vector<float>{1.25F, -0.25F}, 2);
  CHECK(pixel(border, kSide - 1, kSide - 1) != kWhite);
  CHECK(pixel(border, 0, 0) == kWhite);
  CHECK(pixel(border, kSide - 1, 0) == kWhite);
}

TEST_CASE("the window follows the real points alone, and is a square", "[points_picture]") {
  // twice as wide as high: from -1 to 1 and from 2 to 3, so the window is 3 a side around (0, 2.5)
  const std::vector<float> wide = {-1, 2, 1, 3};
  const Image picture = points_picture(wide, std::vector<float>{0, 2.5F, 100, 100}, 2);
  CHECK(pixel(picture, 256, 256) != kWhite);
  const auto right = static_cast<std::int64_t>(2.5 / 3 * 512);
  CHECK(pixel(picture, static_cast<std::int64_t>((1 - 2.0 / 3) * 512), right) != kWhite);
  // all in one place: no division by nothing
  CHECK(pixel(points_picture(std::vector<float>{4, 4, 4, 4}, {}, 2), 256, 256) != kWhite);
}

/// Pixels of a column from the bottom that have `colour`.
std::int64_t height_of(const Image& picture, std::int64_t column, const Pixel& colour) {
  std::int64_t height = 0;
  while (height < kSide && pixel(picture, kSide - 1 - height, column) == colour) ++height;
  return height;
}

TEST_CASE("on the line the height of a bar is a share of all points", "[points_picture]") {
  // From -1 to 1, the window from -1.5 to 1.5: bin 10 of 64, 8 pixels wide, holds -1, bin 53 holds 1.
  const std::vector<float> real = {-1, -1, -1, 1};
  constexpr Pixel kGrey = {204, 204, 204};  // half of 153 over 255
  const Image picture = points_picture(real, {}, 1);
  for (const std::int64_t column : {80, 87}) CHECK(height_of(picture, column, kGrey) == 460);    // 0.9 * 512 = 460.8
  for (const std::int64_t column : {424, 431}) CHECK(height_of(picture, column, kGrey) == 153);  // a third: 153.6
  for (const std::int64_t column : {0, 79, 88, 423, 432, 511}) CHECK(pixel(picture, kSide - 1, column) == kWhite);
  const Pixel edge = pixel(picture, kSide - 1 - 460, 80);  // 0.8 of the next pixel
  CHECK(edge == Pixel{214, 214, 214});
  CHECK(pixel(picture, kSide - 1 - 461, 80) == kWhite);

  // Generated ones: a quarter at 1, a quarter in the middle, half of them no numbers or far away. The grey bars stay.
  const Image both = points_picture(real, std::vector<float>{1, 0, kNaN, 1e9F}, 1);
  CHECK(height_of(both, 80, kGrey) == 460);
  CHECK(height_of(both, 424, {102, 159, 191}) == 153);  // half of (0, 114, 178) over 204
  CHECK(height_of(both, 256, {128, 185, 217}) == 153);  // and over white, rounded up from 127.5, 184.5, 216.5
  // More at one place than real ones anywhere: theirs is the highest then.
  const Image crowded = points_picture(real, std::vector<float>{0}, 1);
  CHECK(height_of(crowded, 256, {128, 185, 217}) == 460);
  CHECK(height_of(crowded, 80, kGrey) == 345);  // 0.75 * 460.8 = 345.6
}

TEST_CASE("what is no set of points", "[points_picture]") {
  const std::vector<float> three = {1, 2, 3};
  CHECK_THROWS_AS(points_picture({}, {}, 2), Error);
  CHECK_THROWS_AS(points_picture(three, {}, 2), Error);
  CHECK_THROWS_AS(points_picture(kCorners, three, 2), Error);
  CHECK_THROWS_AS(points_picture(three, {}, 3), Error);
  CHECK_THROWS_AS(points_picture(three, {}, 0), Error);
}

}  // namespace
}  // namespace gan
