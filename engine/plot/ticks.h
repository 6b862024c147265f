// Where an axis has its ticks, and what is written at them.
#pragma once

#include <string>
#include <vector>

#include "engine/plot/figure.h"

namespace gan::plot {

struct Tick {
  double at = 0;
  std::string label;  ///< empty at a minor tick
};

/// Ticks in [low, high]. Linear: multiples of 1, 2 or 5 times a power of ten, at most `at_most` of them (2 if that is less). Logarithmic: powers of ten, with minor ticks at their multiples; 1, 2 and 5 times powers of ten where there are
/// few; linear ones on an axis that is too short for those. Error unless low < high, both finite, above 0 if logarithmic.
std::vector<Tick> axis_ticks(double low, double high, Scale scale, int at_most);

}  // namespace gan::plot
