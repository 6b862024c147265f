// From where to where the axes of a panel go.
#pragma once

#include <span>

#include "engine/plot/figure.h"

namespace gan::plot {

struct Range {
  double low = 0, high = 1;
};

/// How a panel's data lie on the page.
struct AxisRanges {
  Range x, y;
};

/// Ranges that hold all data of all `panels`, which are the same panel at different times (the axes are those of the last),
/// within the bounds that its axes ask for. `width` and `height` px matter only to equal units. Error where the axes'
/// bounds make no axis.
AxisRanges axis_ranges(std::span<const Panel* const> panels, double width, double height);

/// Finite values' range; nothing finite (or above 0, if logarithmic): [0, 1], logarithmic [1, 10]; one value only: some
/// space around it.
Range value_range(const std::vector<double>& values, Scale scale);

/// From values to px. On a logarithmic scale values that are not above 0 have no place: NaN, as NaN itself has.
class Mapping {
 public:
  Mapping() = default;
  /// low lies at `first` px, high at `last` px.
  Mapping(Range range, Scale scale, double first, double last);

  double operator()(double value) const;

  /// Where a bar begins: 0, or the low end of a logarithmic axis.
  double base() const { return scale_ == Scale::Linear ? 0 : range_.low; }
  const Range& range() const { return range_; }
  Scale scale() const { return scale_; }
  double first() const { return first_; }
  double last() const { return last_; }

 private:
  Range range_;
  Scale scale_ = Scale::Linear;
  double first_ = 0, last_ = 1;
};

}  // namespace gan::plot
