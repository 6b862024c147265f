#include "engine/files/image_grid.h"

#include <cmath>
#include <limits>
#include <vector>

#include "tests/engine/files/files_test_support.h"

namespace gan {
namespace {

using test::contains;
using test::message_of;

TEST_CASE("values become pixels by rounding to the nearest", "[files]") {
  CHECK(to_pixel(-1.0F) == 0);
  CHECK(to_pixel(1.0F) == 255);
  CHECK(to_pixel(0.0F) == 128);  // 127.5 rounds up
  for (int pixel = 0; pixel < 256; ++pixel) {
    const float value = static_cast<float>(pixel) / 127.5F - 1.0F;
    REQUIRE(to_pixel(value) == pixel);
    // A third of a step to either side still is nearest to it.
    REQUIRE(to_pixel(value - 1.0F / 382.5F) == pixel);
    REQUIRE(to_pixel(value + 1.0F / 382.5F) == pixel);
  }
}

TEST_CASE("values outside the range are clamped, NaN is black", "[files]") {
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(to_pixel(-1.5F) == 0);
  CHECK(to_pixel(1.5F) == 255);
  CHECK(to_pixel(-infinity) == 0);
  CHECK(to_pixel(infinity) == 255);
  CHECK(to_pixel(std::nanf("")) == 0);
}

TEST_CASE("the square layout holds all images and wastes no row", "[files]") {
  for (std::int64_t count = 1; count <= 150; ++count) {
    const GridLayout layout = square_layout(count);
    INFO(count);
    REQUIRE(layout.rows * layout.columns >= count);
    REQUIRE((layout.rows - 1) * layout.columns < count);
    REQUIRE(layout.columns - layout.rows <= 1);
    REQUIRE(layout.columns >= layout.rows);
  }
  CHECK(square_layout(64).columns == 8);
  CHECK(square_layout(64).rows == 8);
}

// Height, width, rows and columns all differ, so no two of them can be confused; two cells stay empty. The reference
// asks of every pixel of the sheet where it came from; the code goes the other way.
TEST_CASE("images lie row by row with a gap between and around", "[files]") {
  for (const std::int64_t channels : {1, 3}) {
    for (const std::int64_t gap : {0, 2}) {
      INFO(channels << " channels, gap " << gap);
      const Shape shape = {10, 3, 5, channels};
      const GridLayout layout{.rows = 3, .columns = 4, .gap = gap, .background = 200};
      std::vector<float> images;
      for (std::int64_t i = 0; i < shape.count(); ++i)
        images.push_back(static_cast<float>(i * 37 % 200) / 127.5F - 1.0F);
      const Image sheet = image_grid(images, shape, layout);
      REQUIRE(sheet.height == 3 * 3 + 4 * gap);
      REQUIRE(sheet.width == 4 * 5 + 5 * gap);
      REQUIRE(sheet.channels == channels);
      REQUIRE(sheet.pixels.size() == static_cast<std::size_t>(sheet.height * sheet.width * channels));
      std::size_t at = 0;
      for (std::int64_t y = 0; y < sheet.height; ++y) {
        for (std::int64_t x = 0; x < sheet.width; ++x) {
          const std::int64_t row = y / (3 + gap), column = x / (5 + gap);
          const std::int64_t inside_y = y % (3 + gap) - gap, inside_x = x % (5 + gap) - gap;
          const std::int64_t n = row * 4 + column;
          const bool image = inside_y >= 0 && inside_x >= 0 && n < shape[0];
          for (std::int64_t c = 0; c < channels; ++c, ++at) {
            const int expected =
                image ? static_cast<int>((((n * 3 + inside_y) * 5 + inside_x) * channels + c) * 37 % 200) : 200;
            REQUIRE(int{sheet.pixels[at]} == expected);
          }
        }
      }
    }
  }
}

TEST_CASE("images that do not fit are a bug of the caller", "[files]") {
  const std::vector<float> images(5 * 4);
  const Shape shape = {5, 2, 2, 1};
  CHECK(contains(message_of<Error>([&] { image_grid(images, shape, {.rows = 2, .columns = 2}); }),
                 "5 images do not fit"));
  CHECK(contains(message_of<Error>([&] { image_grid(std::span(images).first(19), shape, {.rows = 3, .columns = 2}); }),
                 "from 19 values"));
}

}  // namespace
}  // namespace gan
