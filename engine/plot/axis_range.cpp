#include "engine/plot/axis_range.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/core/contract/error.h"

namespace gan::plot {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// What one axis has to show. An end that is where it is for a reason (the edge of a grid, the foot of bars) stays exact;
/// beyond others there is some room.
class Extent {
 public:
  explicit Extent(Scale scale) : scale_(scale) {}

  void add(double value, bool room) {
    if (!std::isfinite(value) || (scale_ == Scale::Logarithmic && value <= 0)) return;
    if (value < low_) low_ = value, room_low_ = room;
    else if (value == low_) room_low_ = room_low_ && room;
    if (value > high_) high_ = value, room_high_ = room;
    else if (value == high_) room_high_ = room_high_ && room;
  }

  void add(const std::vector<double>& values, bool room) {
    for (const double value : values) add(value, room);
  }

  Range range() const {
    const bool logarithmic = scale_ == Scale::Logarithmic;
    if (low_ > high_) return logarithmic ? Range{.low = 1, .high = 10} : Range{.low = 0, .high = 1};
    if (low_ == high_) {
      const double space = low_ == 0 ? 1 : std::abs(low_) / 2;
      return logarithmic ? Range{.low = low_ / 3, .high = high_ * 3}
                         : Range{.low = low_ - space, .high = high_ + space};
    }
    constexpr double kRoom = 0.05;  // of the data's extent
    if (logarithmic) {
      const double factor = std::exp(kRoom * (std::log(high_) - std::log(low_)));
      return {.low = room_low_ ? low_ / factor : low_, .high = room_high_ ? high_ * factor : high_};
    }
    const double space = kRoom * (high_ - low_);
    return {.low = room_low_ ? low_ - space : low_, .high = room_high_ ? high_ + space : high_};
  }

 private:
  Scale scale_;
  double low_ = kInfinity, high_ = -kInfinity;
  bool room_low_ = true, room_high_ = true;
};

struct Extents {
  Extent x, y;

  void operator()(const Line& line) {
    x.add(line.x, !line.joined);
    for (const auto* values : {&line.y, &line.band_low, &line.band_high}) y.add(*values, true);
  }
  void operator()(const Scatter& scatter) {
    x.add(scatter.x, true);
    y.add(scatter.y, true);
  }
  void operator()(const Bars& bars) {
    Extent& along = bars.direction == Direction::Vertical ? x : y;
    Extent& up = bars.direction == Direction::Vertical ? y : x;
    along.add(bars.edges, false);
    up.add(bars.heights, true);
    up.add(0, false);
  }
  void operator()(const HeatMap& map) { add_box(map.grid); }
  void operator()(const Contours& contours) { add_box(contours.grid); }
  void operator()(const Pixels& pixels) { add_box(pixels); }
  void operator()(const ReferenceLine& line) { (line.direction == Direction::Horizontal ? y : x).add(line.at, true); }
  void operator()(const Interval& interval) {
    Extent& extent = interval.direction == Direction::Horizontal ? y : x;
    extent.add(interval.low, true);
    extent.add(interval.high, true);
  }
  void operator()(const Segments& segments) {
    for (const auto* values : {&segments.x0, &segments.x1}) x.add(*values, true);
    for (const auto* values : {&segments.y0, &segments.y1}) y.add(*values, true);
  }
  void operator()(const Words& words) {
    x.add(words.x, true);
    y.add(words.y, true);
  }

 private:
  template <class Box>
  void add_box(const Box& box) {
    for (const double value : {box.x_low, box.x_high}) x.add(value, false);
    for (const double value : {box.y_low, box.y_high}) y.add(value, false);
  }
};

Range bounded(const Axis& axis, Range data) {
  if (!axis.categories.empty()) data = {.low = -0.5, .high = static_cast<double>(axis.categories.size()) - 0.5};
  const bool logarithmic = axis.scale == Scale::Logarithmic;
  Range range{.low = axis.low.value_or(data.low), .high = axis.high.value_or(data.high)};
  // One bound that lies beyond all data is no mistake: the other end moves along.
  if (range.low >= range.high && !axis.high) range.high = logarithmic ? range.low * 10 : range.low + 1;
  if (range.low >= range.high && !axis.low) range.low = logarithmic ? range.high / 10 : range.high - 1;
  require(std::isfinite(range.low) && std::isfinite(range.high) && range.low < range.high,
          "the axis '{}' goes from {} to {}", axis.label, range.low, range.high);
  require(!logarithmic || range.low > 0, "the logarithmic axis '{}' begins at {}", axis.label, range.low);
  return range;
}

void widen(Range& range, double length) {
  const double middle = (range.low + range.high) / 2;
  range = {.low = middle - length / 2, .high = middle + length / 2};
}

}  // namespace

AxisRanges axis_ranges(std::span<const Panel* const> panels, double width, double height) {
  const Panel& last = *panels.back();
  Extents extents{.x = Extent(last.x.scale), .y = Extent(last.y.scale)};
  for (const Panel* panel : panels)
    for (const Layer& layer : panel->layers) std::visit(extents, layer);
  AxisRanges ranges{.x = bounded(last.x, extents.x.range()), .y = bounded(last.y, extents.y.range())};
  if (last.equal_units) {
    require(last.x.scale == Scale::Linear && last.y.scale == Scale::Linear, "equal units on a logarithmic axis");
    const double x_units = ranges.x.high - ranges.x.low, y_units = ranges.y.high - ranges.y.low;
    if (x_units / width < y_units / height) widen(ranges.x, y_units * width / height);
    else widen(ranges.y, x_units * height / width);
  }
  return ranges;
}

Range value_range(const std::vector<double>& values, Scale scale) {
  Extent extent(scale);
  extent.add(values, false);
  return extent.range();
}

Mapping::Mapping(Range range, Scale scale, double first, double last)
    : range_(range), scale_(scale), first_(first), last_(last) {}

double Mapping::operator()(double value) const {
  if (!std::isfinite(value)) return std::numeric_limits<double>::quiet_NaN();
  double share = 0;
  if (scale_ == Scale::Linear) {
    share = (value - range_.low) / (range_.high - range_.low);
  } else {
    if (value <= 0) return std::numeric_limits<double>::quiet_NaN();
    share = std::log(value / range_.low) / std::log(range_.high / range_.low);
  }
  constexpr double kFar =
      1000;  // axis lengths: what is further out than that need not be exact, but has to be a number
  return first_ + std::clamp(share, -kFar, kFar) * (last_ - first_);
}

}  // namespace gan::plot
