#include "engine/data/shapes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "engine/data/image.h"
#include "engine/data/parallel_each.h"

namespace gan {

namespace {

/// SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"): one stream an image.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::uint64_t stream) : state_(mix(mix(seed) ^ stream)) {}

  /// Uniform on [0, 1), 53 bits.
  double uniform() { return double(mix(state_ += kStep) >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  int below(int count) { return static_cast<int>(uniform() * count); }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

enum class Kind { Disc, Ring, Rectangle, Triangle, Cross };
constexpr int kKinds = 5;

using Colour = std::array<std::uint8_t, 3>;

/// What an image shows, in units of its shorter side.
struct Scene {
  Kind kind;
  double radius;            // of the circle around the shape
  double place_y, place_x;  // 0..1 between the outermost places where that circle is inside
  double turn;              // radians
  double slimness;          // of rectangle, ring and cross
  Colour ground, shape;
};

Colour random_colour(RandomStream& random) {
  Colour colour;
  for (std::uint8_t& value : colour) value = static_cast<std::uint8_t>(random.below(256));
  return colour;
}

int luma(const Colour& colour) {
  std::uint8_t grey = 0;
  grey_from_rgb(colour, {&grey, 1});
  return grey;
}

Scene random_scene(std::uint64_t seed, std::uint64_t index) {
  constexpr int kLeastContrast = 64;
  RandomStream random(seed, index);
  Scene scene{};
  scene.kind = static_cast<Kind>(random.below(kKinds));
  scene.radius = random.uniform(0.2, 0.48);
  scene.place_y = random.uniform();
  scene.place_x = random.uniform();
  scene.turn = random.uniform(0, 2 * std::numbers::pi);
  scene.slimness = random.uniform(0.3, 0.7);
  scene.ground = random_colour(random);
  do scene.shape = random_colour(random);
  while (std::abs(luma(scene.shape) - luma(scene.ground)) < kLeastContrast);
  return scene;
}

/// Without std::hypot's care for overflow: the arguments are pixels.
float length(float x, float y) { return std::sqrt(x * x + y * y); }

/// Signed distance to an axis-parallel box around the origin (negative inside).
float box_distance(float x, float y, float half_width, float half_height) {
  const float dx = std::abs(x) - half_width, dy = std::abs(y) - half_height;
  return length(std::max(dx, 0.f), std::max(dy, 0.f)) + std::min(std::max(dx, dy), 0.f);
}

/// Signed distance to the scene's shape in pixels, `radius` pixels large, at (x, y) in its own axes.
float shape_distance(const Scene& scene, float radius, float x, float y) {
  const float slimness = static_cast<float>(scene.slimness);
  switch (scene.kind) {
    case Kind::Disc: return length(x, y) - radius;
    case Kind::Ring: {
      const float half_band = radius * (1 - slimness) / 2;
      return std::abs(length(x, y) - (radius - half_band)) - half_band;
    }
    case Kind::Rectangle: {
      const float long_half = radius / length(1.f, slimness);
      return box_distance(x, y, long_half, long_half * slimness);
    }
    case Kind::Triangle: {  // three half-planes at 120 degrees, half the radius from the centre
      constexpr float kHalfRoot3 = 0.8660254f;
      const float sloping = std::abs(x) * kHalfRoot3 - y / 2;
      return std::max(sloping, y) - radius / 2;
    }
    case Kind::Cross: {
      const float arm = radius / length(1.f, slimness / 2), half_band = arm * slimness / 2;
      return std::min(box_distance(x, y, arm, half_band), box_distance(x, y, half_band, arm));
    }
  }
  return 0;
}

/// Draws into (H,W,C): a pixel takes of the shape's colour the part of it that a straight edge at the shape's distance
/// would cover.
void draw(const Scene& scene, const Dataset& dataset, std::span<std::uint8_t> pixels) {
  const int height = static_cast<int>(dataset.height), width = static_cast<int>(dataset.width);
  const int channels = static_cast<int>(dataset.channels);
  std::array<float, 3> ground{}, change{};
  for (int c = 0; c < channels; ++c) {
    ground[c] = float(channels == 1 ? luma(scene.ground) : scene.ground[c]);
    change[c] = float(channels == 1 ? luma(scene.shape) : scene.shape[c]) - ground[c];
  }
  const std::size_t row_bytes = std::size_t(width) * channels;
  for (std::size_t i = 0; i < row_bytes; ++i) pixels[i] = static_cast<std::uint8_t>(ground[i % channels]);
  for (int row = 1; row < height; ++row) std::copy_n(pixels.data(), row_bytes, pixels.data() + row * row_bytes);

  const double radius = scene.radius * std::min(height, width);
  const double center_y = radius + scene.place_y * (height - 2 * radius);
  const double center_x = radius + scene.place_x * (width - 2 * radius);
  const float cosine = static_cast<float>(std::cos(scene.turn)), sine = static_cast<float>(std::sin(scene.turn));
  const int top = std::max(0, int(center_y - radius - 1)), bottom = std::min(height, int(center_y + radius + 2));
  const int left = std::max(0, int(center_x - radius - 1)), right = std::min(width, int(center_x + radius + 2));
  for (int row = top; row < bottom; ++row) {
    const float y = static_cast<float>(row + 0.5 - center_y);
    std::uint8_t* pixel = pixels.data() + row * row_bytes + std::size_t(left) * channels;
    for (int column = left; column < right; ++column, pixel += channels) {
      const float x = static_cast<float>(column + 0.5 - center_x);
      const float distance = shape_distance(scene, float(radius), cosine * x + sine * y, cosine * y - sine * x);
      const float cover = std::clamp(0.5f - distance, 0.f, 1.f);
      for (int c = 0; c < channels; ++c)
        pixel[c] = static_cast<std::uint8_t>(std::lround(ground[c] + cover * change[c]));
    }
  }
}

}  // namespace

Dataset make_shapes(const DataOptions& options) {
  const int channels = options.channels != 0 ? options.channels : 3;
  Dataset dataset = reserve_dataset("shapes", kShapeCount, options.height, options.width, channels);
  const std::int64_t bytes = dataset.image_bytes();
  dataset.pixels.resize(kShapeCount * bytes);
  for_each_index(kShapeCount, options.threads, [&](std::int64_t i) {
    draw(random_scene(options.seed, std::uint64_t(i)), dataset, std::span(dataset.pixels).subspan(i * bytes, bytes));
  });
  return dataset;
}

}  // namespace gan
