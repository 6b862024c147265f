#include "engine/data/points.h"

#include <cmath>
#include <cstring>
#include <numbers>

#include "engine/data/point_sets.h"
#include "kernels/core/contract/error.h"
#include "kernels/random/distributions.h"

namespace gan {

namespace {

/// The stream that points are drawn from: above those of all programs (engine/algorithm/draws.h).
constexpr std::uint32_t kPointStream = 7u << 16;

/// Two uniform numbers from [0, 1) and two normal ones, which point `index` is made of.
struct Draws {
  double u, v;
  double normal_x, normal_y;
};

Draws draws_of(std::uint64_t seed, std::int64_t index) {
  const auto words = [&](std::int64_t block) {
    return stream_words(seed, kPointStream, 0, static_cast<std::uint32_t>(block));
  };
  float uniforms[4], normals[4];
  uniforms_from_block(words(2 * index), uniform_range(0, 1), uniforms);
  normals_from_block(words(2 * index + 1), 0, 1, normals);
  return {uniforms[0], uniforms[1], normals[0], normals[1]};
}

Point mixture_point(const GaussianMixture& mixture, const Draws& draws) {
  const auto mode = static_cast<std::size_t>(draws.u * static_cast<double>(mixture.centres.size()));
  const Point& centre = mixture.centres[mode];
  return {centre[0] + mixture.deviation * draws.normal_x, centre[1] + mixture.deviation * draws.normal_y};
}

Point swiss_roll_point(const Draws& draws) {
  constexpr double kSize = 7.5, kDeviation = 0.25;
  const double t = 1.5 * std::numbers::pi * (1 + 2 * draws.u);
  return {(t * std::cos(t) + kDeviation * draws.normal_x) / kSize,
          (t * std::sin(t) + kDeviation * draws.normal_y) / kSize};
}

Point line_point(const Draws& draws) { return {draws.u < 0.5 ? -1.0 : 1.0, 2 * draws.v - 1}; }

}  // namespace

Dataset make_points(const DataOptions& options) {
  const int dimension = point_dimension(options.source);
  require(dimension > 0, "there is no set of points '{}'", options.source);
  if (options.channels != 0 && options.channels != dimension)
    throw InputError(fmt::format("--channels: {} with --data {}, whose points have {}; accepted are {} and 0",
                                 options.channels, options.source, dimension, dimension));
  const std::optional<GaussianMixture> mixture = point_mixture(options.source);
  Dataset points = reserve_dataset(options.source, kPointCount, 1, 1, dimension, DType::F32);
  points.pixels.resize(static_cast<std::size_t>(points.count * points.image_bytes()));
  for (std::int64_t i = 0; i < points.count; ++i) {
    const Draws draws = draws_of(options.seed, i);
    const Point point = mixture                          ? mixture_point(*mixture, draws)
                        : options.source == "swiss-roll" ? swiss_roll_point(draws)
                                                         : line_point(draws);
    const float numbers[2] = {static_cast<float>(point[0]), static_cast<float>(point[1])};
    std::memcpy(points.pixels.data() + i * points.image_bytes(), numbers,
                static_cast<std::size_t>(points.image_bytes()));
  }
  return points;
}

std::vector<float> shown_points(const Dataset& points) {
  require(points.dtype == DType::F32 && points.count >= kShownPoints, "{}: are not {} points or more", points.name,
          kShownPoints);
  std::vector<float> numbers(static_cast<std::size_t>(kShownPoints * points.channels));
  std::memcpy(numbers.data(), points.pixels.data(), numbers.size() * sizeof(float));
  return numbers;
}

}  // namespace gan
