// Where everything in a figure lies, in px from its upper left corner.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/plot/axis_range.h"
#include "engine/plot/colours.h"
#include "engine/plot/figure.h"
#include "engine/plot/ticks.h"

namespace gan::plot {

// Sizes of writing and of the space it takes.
inline constexpr double kTickFont = 10.5, kLabelFont = 11.5, kTitleFont = 13, kFigureFont = 15.5;
inline constexpr double kTickLine = 13, kLabelLine = 17, kTitleLine = 17, kFigureLine = 21, kLegendLine = 16;
inline constexpr double kSwatch = 22;  ///< width of a legend's sample
inline constexpr double kBarGap = 10, kBarWidth = 12;

/// The scale of a panel's heat map, at its right.
struct ColourBar {
  ColourMap map = ColourMap::Sequential;
  std::string label;
  Mapping values;  ///< to px, upwards
  std::vector<Tick> ticks;
};

/// One entry of a legend; positions are those of its left end and of the middle of its row.
struct LegendEntry {
  std::size_t layer = 0;
  std::string label;
  double x = 0, y = 0;
};

struct PanelLayout {
  double left = 0, top = 0, width = 0, height = 0;  ///< of the axes
  Mapping x, y;                                     ///< from data to px in the figure
  std::vector<Tick> x_ticks, y_ticks;
  double x_slot = 0;        ///< px that a category's name on the x axis may take
  double x_tick_lines = 0;  ///< lines of writing at the ticks of x
  double y_tick_width = 0;  ///< px of the widest number at the ticks of y
  Range colours;            ///< of heat maps without bounds of their own
  std::optional<ColourBar> bar;
};

struct FigureLayout {
  double width = 0, height = 0;
  std::vector<PanelLayout> panels;
};

/// One layout for all frames: Error unless they have the same number of panels (at least one) and the same sizes.
FigureLayout lay_out(std::span<const Figure> frames);

/// The label of a layer that belongs into the legend; empty when none does.
std::string legend_label(const Layer& layer);

/// A panel's legend, its rows one below the other above the axes at `left` and `top`. Empty where the panel wants none.
std::vector<LegendEntry> legend_entries(const Panel& panel, double left, double top, double width);

/// The colours' range of a heat map: its own bounds, else those of `otherwise`.
Range colour_range(const HeatMap& map, const Range& otherwise);

/// "label (unit)".
std::string axis_title(const Axis& axis);

}  // namespace gan::plot
