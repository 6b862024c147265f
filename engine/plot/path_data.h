// Paths and markers, as the `d` attribute of an SVG path.
#pragma once

#include <string>
#include <vector>

#include "engine/plot/axis_range.h"
#include "engine/plot/figure.h"

namespace gan::plot {

/// Lines through the points in order, a gap where one has no place. A point that lies where the one before it does, to a
/// tenth of a px, is left out.
std::string line_path(const std::vector<double>& x, const std::vector<double>& y, const Mapping& to_x,
                      const Mapping& to_y);

/// The strip between `low` and `high` along x, piece by piece where there are gaps; infinite ends reach the panel's edge.
std::string band_path(const std::vector<double>& x, const std::vector<double>& low, const std::vector<double>& high,
                      const Mapping& to_x, const Mapping& to_y);

/// The same marker at all points, `size` px across. Dot and Square are strokes of no length, to be drawn `size` wide with
/// round and square ends; the others are outlines to fill (Triangle, Diamond) or to draw (Cross). See marker_attributes.
std::string marker_path(const std::vector<double>& x, const std::vector<double>& y, const Mapping& to_x,
                        const Mapping& to_y, Marker marker, double size);

/// Attributes with which a marker_path is drawn.
std::string marker_attributes(Marker marker, double size, const std::string& colour, double opacity);

}  // namespace gan::plot
