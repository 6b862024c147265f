#include <algorithm>
#include <cmath>

#include "engine/plot/figure.h"
#include "kernels/core/contract/error.h"

namespace gan::plot {

Bars histogram(const std::vector<double>& values, double low, double high, std::size_t bins, bool density) {
  require(low < high && bins > 0, "a histogram of {} parts of [{}, {}]", bins, low, high);
  const double width = (high - low) / static_cast<double>(bins);
  Bars bars{.edges = {}, .heights = std::vector<double>(bins)};
  for (std::size_t i = 0; i <= bins; ++i)
    bars.edges.push_back(low + (high - low) * static_cast<double>(i) / static_cast<double>(bins));
  double finite = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    ++finite;
    if (value < low || value > high) continue;
    bars.heights[std::min(static_cast<std::size_t>((value - low) / width), bins - 1)] += 1;
  }
  if (density && finite > 0)
    for (double& height : bars.heights) height /= finite * width;
  return bars;
}

Bars category_bars(std::vector<double> heights, double width, double offset) {
  require(width > 0, "bars {} wide", width);
  // Between two bars there is a gap: a bar without a height, which is not drawn.
  Bars bars{.edges = {}, .heights = {}};
  for (std::size_t i = 0; i < heights.size(); ++i) {
    if (i > 0) bars.heights.push_back(std::nan(""));
    const double middle = static_cast<double>(i) + offset;
    bars.edges.insert(bars.edges.end(), {middle - width / 2, middle + width / 2});
    bars.heights.push_back(heights[i]);
  }
  if (bars.edges.empty()) bars.edges.push_back(0);
  return bars;
}

}  // namespace gan::plot
