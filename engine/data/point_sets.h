// The built-in sets of points, by name: distributions on the line and in the plane that are known in closed form.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gan {

/// A place on the line (the second number is 0) or in the plane.
using Point = std::array<double, 2>;

/// A mixture of Gaussians of equal weight, N(centre, deviation^2 I).
struct GaussianMixture {
  int dimension = 0;           ///< 1 or 2
  std::vector<Point> centres;  ///< of the modes
  double deviation = 0;        ///< standard deviation in every direction

  /// The density at `x`.
  double density(const Point& x) const;
};

/// What a data set holds, and a generator that learnt it makes.
enum class DataKind { Images, Points };

/// "images" or "points".
std::string_view name_of(DataKind kind);

/// "gaussian-1d", "ring8", "grid25", "swiss-roll", "lines".
const std::vector<std::string>& point_set_names();

/// How many numbers a point of the set of that name has, 1 or 2; 0: there is no such set.
int point_dimension(std::string_view name);

/// Points where `source`, a --data, names a set of them.
DataKind data_kind(std::string_view source);

/// Where points of one number or of two lie: "on the line", "in the plane".
std::string_view place_of_points(std::int64_t dimension);

/// The mixture that the set of that name is drawn from: `gaussian-1d` N(1, 0.5^2); `ring8` eight Gaussians of deviation 0.1
/// evenly on a circle of radius 2, `grid25` 25 of them on the whole numbers from -2 to 2: the two mixtures on which mode
/// collapse is usually shown (Metz et al. 2017, appendix A; Srivastava et al. 2017, section 4), a little wider than there:
/// modes are 10 deviations apart and more. Nothing for other names.
std::optional<GaussianMixture> point_mixture(std::string_view name);

}  // namespace gan
