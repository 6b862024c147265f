#include "engine/data/point_sets.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gan {

double GaussianMixture::density(const Point& x) const {
  const double variance = deviation * deviation;
  double sum = 0;
  for (const Point& centre : centres) {
    const double dx = x[0] - centre[0], dy = x[1] - centre[1];
    sum += std::exp(-(dx * dx + dy * dy) / (2 * variance));
  }
  return sum / static_cast<double>(centres.size()) / std::pow(2 * std::numbers::pi * variance, dimension / 2.0);
}

std::string_view name_of(DataKind kind) { return kind == DataKind::Points ? "points" : "images"; }

const std::vector<std::string>& point_set_names() {
  static const std::vector<std::string> names = {"gaussian-1d", "ring8", "grid25", "swiss-roll", "lines"};
  return names;
}

int point_dimension(std::string_view name) {
  const std::vector<std::string>& names = point_set_names();
  if (std::find(names.begin(), names.end(), name) == names.end()) return 0;
  return name == "gaussian-1d" ? 1 : 2;
}

DataKind data_kind(std::string_view source) {
  return point_dimension(source) > 0 ? DataKind::Points : DataKind::Images;
}

std::string_view place_of_points(std::int64_t dimension) { return dimension == 1 ? "on the line" : "in the plane"; }

std::optional<GaussianMixture> point_mixture(std::string_view name) {
  constexpr double kDeviation = 0.1;
  if (name == "gaussian-1d") return GaussianMixture{.dimension = 1, .centres = {{1, 0}}, .deviation = 0.5};
  GaussianMixture mixture{.dimension = 2, .deviation = kDeviation};
  if (name == "ring8") {
    for (int i = 0; i < 8; ++i) {
      const double angle = i * std::numbers::pi / 4;
      mixture.centres.push_back({2 * std::cos(angle), 2 * std::sin(angle)});
    }
    return mixture;
  }
  if (name == "grid25") {
    for (int y = -2; y <= 2; ++y)
      for (int x = -2; x <= 2; ++x) mixture.centres.push_back({static_cast<double>(x), static_cast<double>(y)});
    return mixture;
  }
  return std::nullopt;
}

}  // namespace gan
