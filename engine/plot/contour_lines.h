// Lines along which a function on a grid has one value.
#pragma once

#include <utility>
#include <vector>

#include "engine/plot/figure.h"

namespace gan::plot {

/// Points (x, y) joined in order; a closed line ends where it began.
using Polyline = std::vector<std::pair<double, double>>;

/// Where the grid's values, linear between the middles of neighbouring cells, equal `level` (marching squares;
/// of the two ways to join four crossings the one that the mean of the corners speaks for).
/// No line passes a square with a corner that is not finite.
std::vector<Polyline> contour_lines(const Grid& grid, double level);

}  // namespace gan::plot
