#include "engine/data/shapes.h"

#include <algorithm>
#include <set>
#include <string>

#include "tests/engine/data/foreign_files.h"

using namespace gan;

namespace {

Dataset shapes(int height, int width, int channels, std::uint64_t seed = 1, int threads = 2) {
  return make_shapes(
      {.source = "shapes", .height = height, .width = width, .channels = channels, .seed = seed, .threads = threads});
}

}  // namespace

TEST_CASE("shapes have the asked size and depend on the seed alone", "[data][shapes]") {
  const Dataset dataset = shapes(16, 24, 3);
  REQUIRE(dataset.name == "shapes");
  REQUIRE(dataset.count == 8192);
  REQUIRE(dataset.image_bytes() == 16 * 24 * 3);
  REQUIRE(std::int64_t(dataset.pixels.size()) == 8192 * 16 * 24 * 3);
  REQUIRE(shapes(16, 24, 3, 1, 5).pixels == dataset.pixels);
  REQUIRE(shapes(16, 24, 3, 2).pixels != dataset.pixels);
  REQUIRE(shapes(16, 24, 0).channels == 3);
  for (const auto& [height, width] : {std::pair{1, 1}, {1, 9}, {7, 2}})
    REQUIRE(std::int64_t(shapes(height, width, 1).pixels.size()) == 8192 * height * width);
}

TEST_CASE("every image shows a shape inside its ground, and no two are the same", "[data][shapes]") {
  const int size = 32;
  const Dataset dataset = shapes(size, size, 1);
  std::set<std::string> seen;
  for (std::int64_t i = 0; i < dataset.count; ++i) {
    const auto image = std::span(dataset.pixels).subspan(i * size * size, size * size);
    REQUIRE(seen.emplace(image.begin(), image.end()).second);
    // The corners are ground: the shape's circle does not reach them.
    const int ground = image[0];
    REQUIRE((image[size - 1] == ground && image[size * (size - 1)] == ground && image[size * size - 1] == ground));
    const auto [low, high] = std::minmax_element(image.begin(), image.end());
    REQUIRE(*high - *low >= 32);  // thin crosses may not cover any pixel wholly; half the promised contrast is seen
    const auto covered = std::count_if(image.begin(), image.end(), [&](int pixel) { return pixel != ground; });
    REQUIRE(covered >= size * size / 50);
    REQUIRE(covered <= size * size * 4 / 5);  // the largest disc, 0.48 of the side, with the pixels on its edge
  }
}

TEST_CASE("shapes are anti-aliased: drawn small they are what drawn large is shrunk to", "[data][shapes]") {
  // The mean over an image is the covered area times the contrast; edges that were not blended would miss it by a pixel
  // for each row.
  const Dataset small = shapes(16, 16, 1), large = shapes(128, 128, 1);
  double error = 0;
  for (std::int64_t i = 0; i < small.count; ++i) {
    const auto mean = [&](const Dataset& dataset) {
      const auto image = std::span(dataset.pixels).subspan(i * dataset.image_bytes(), dataset.image_bytes());
      double sum = 0;
      for (const std::uint8_t pixel : image) sum += pixel;
      return sum / double(image.size());
    };
    error = std::max(error, std::abs(mean(small) - mean(large)));
  }
  // Blending by distance is exact for straight edges across whole pixels and off by part of a pixel at corners: a cross
  // has twelve. 12 corners * 1/8 pixel of 256 * 255 of contrast.
  REQUIRE(error <= 12.0 / 8 / 256 * 255);
}
